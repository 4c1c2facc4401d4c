import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/base.css";
import { makeI18n, mount } from "../shared/i18n";
import zh from "./messages.zh";
import Overview from "./Overview.vue";

void mount(createApp(Overview), makeI18n(zh, () => import("./messages.en")));
