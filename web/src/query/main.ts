import { createApp } from "vue";
import "../shared/tokens.css";
import "../shared/base.css";
import { makeI18n, mount } from "../shared/i18n";
import zh from "./messages.zh";
import Query from "./Query.vue";

void mount(createApp(Query), makeI18n(zh, () => import("./messages.en")));
