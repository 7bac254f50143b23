// A cell of a notebook with the playground's page in a frame: what Python gives goes in,
// what the page tells comes out. The frame has an origin of its own: nothing in it can
// reach the notebook but by messages.
const SANDBOX = "allow-scripts allow-downloads allow-popups allow-modals";

async function render({ model, el }) {
  const frame = document.createElement("iframe");
  frame.name = "walnet-notebook"; // by this the page knows that it is in a notebook
  frame.title = "walnet playground";
  frame.setAttribute("sandbox", SANDBOX);
  frame.allow = "clipboard-write";
  const resize = () => {
    frame.style.cssText = `width: 100%; height: ${model.get("_height")}px; border: 0; border-radius: 8px`;
  };
  resize();

  const say = (message) => frame.contentWindow?.postMessage(message, "*");
  const ask = () => say({ walnet: "ask", wishes: model.get("_wishes") });
  const hear = ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data.walnet === "ready") {
      say(opening(model));
      ask();
    } else if (data.walnet === "news") keep(model, data);
  };

  window.addEventListener("message", hear);
  model.on("change:_wishes", ask);
  model.on("change:_height", resize);
  el.append(frame);
  frame.srcdoc = await unpacked(model.get("_page"));
  return () => {
    window.removeEventListener("message", hear);
    model.off("change:_wishes", ask);
    model.off("change:_height", resize);
  };
}

/** What the page begins with: where the run was told to be last, else what Python gave. */
function opening(model) {
  const { state, granted = 0 } = model.get("_run");
  const { state: first, examples, site } = model.get("_opening");
  return { walnet: "open", state: state ?? first, granted, examples, site, dark: isDark() };
}

function keep(model, { run, parameters, curve }) {
  model.set("_run", run);
  model.set("_parameters", new DataView(parameters.buffer));
  model.set("_curve", new DataView(curve.buffer));
  model.save_changes();
}

/** Whether the notebook is dark, where it says so. */
function isDark() {
  const { jpThemeLight, vscodeThemeKind, theme } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  if (vscodeThemeKind) return /dark/.test(vscodeThemeKind);
  return theme === "dark" || theme === "light" ? theme === "dark" : null;
}

/** The page's text, which is kept packed. */
async function unpacked(page) {
  const stream = new Blob([page]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

export default { render };
