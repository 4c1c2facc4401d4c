import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/base.css";
import { makeI18n, mount } from "../shared/i18n";
import zh from "./messages.zh";
import Cases from "./Cases.vue";

void mount(createApp(Cases), makeI18n(zh, () => import("./messages.en")));
