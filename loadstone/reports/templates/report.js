"use strict";
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Every chart stands in the page as a still picture; where Vega runs, a live one takes its place.
  const specifications = JSON.parse(document.getElementById("specifications").textContent);
  const options = { ast: true, actions: false, renderer: "svg", defaultStyle: false };
  const enliven = async (plot) => {
    const live = document.createElement("div");
    live.className = "live";
    plot.append(live);
    await vegaEmbed(live, specifications[plot.dataset.chart], options);
    plot.querySelector(".still").remove();
  };
  for (const plot of document.querySelectorAll("[data-chart]")) {
    enliven(plot).catch((error) => {
      plot.querySelector(".live").remove();
      console.error(error);
    });
  }
})();
