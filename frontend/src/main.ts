import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";
import { keepPage } from "./transport/start";

const target = document.getElementById("app");
if (target) mount(App, { target });
keepPage();
