"use strict";
(() => {
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll("#story > li")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const shown = document.getElementById("shown");
  const number = new Intl.NumberFormat("en");
  const filter = () => {
    const groups = new Set([...form.querySelectorAll("input[name=g]:checked")].map((box) => box.value));
    const rung = form.elements.r.value;
    const nature = form.elements.n.value;
    const words = form.elements.t.value.toLowerCase().trim();
    let count = 0;
    rows.forEach((row, at) => {
      const { g, r, n } = row.dataset;
      const there =
        groups.has(g) && (!rung || r === rung) && (!nature || n === nature) && (!words || texts[at].includes(words));
      row.hidden = !there;
      count += there;
    });
    shown.value = `${number.format(count)} of ${number.format(rows.length)} events`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  filter();

  // A link to something that is folded away or filtered out opens it first.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target) return;
    target.closest("details")?.setAttribute("open", "");
    if (target.hidden) {
      form.reset();
      filter();
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
})();
