/* What a still page lacks: pictures that open large, long tables that sort, scrolling parts that the keyboard reaches,
   and names for the parts that a screen reader goes by.
   Without this script every page reads the same. */
(() => {
  const make = (tag, attributes = {}) => Object.assign(document.createElement(tag), attributes);
  const shown = (figure) => [...figure.querySelectorAll("img")].find((image) => !image.hidden);

  /* Pictures: a click, or the button in the figure's corner, opens the one shown; Escape or a click closes it. */
  function enlarge(image, back) {
    const dialog = make("dialog", { className: "enlarged", ariaLabel: image.alt });
    const large = make("img", { src: image.src, alt: image.alt });
    const room = window.innerWidth - 32; // much larger than that, and it scrolls
    large.style.width = `${image.naturalWidth > 1.6 * room ? image.naturalWidth : Math.min(room, 2 * image.naturalWidth)}px`;
    const close = make("button", { type: "button", textContent: "Close" });
    const paper = make("div", { tabIndex: 0, role: "region", ariaLabel: "The picture, large" });
    paper.append(large);
    dialog.append(close, paper);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); back?.focus(); });
    document.body.append(dialog);
    dialog.showModal();
  }
  function pictures() {
    const holders = document.querySelectorAll(".bd-article figure:not(.step-slider figure), .bd-article .cell_output .output");
    for (const holder of holders) {
      const images = [...holder.querySelectorAll("img")].filter((image) => !image.closest(".enlargeable, a:not(.image-reference)"));
      if (!images.length) continue;
      holder.classList.add("enlargeable");
      const button = make("button", { type: "button", className: "enlarge", title: "Enlarge", textContent: "⤢" });
      button.ariaLabel = `Enlarge the picture: ${shown(holder).alt.slice(0, 80)}`;
      button.addEventListener("click", () => enlarge(shown(holder), button));
      holder.append(button);
      for (const image of images) {
        image.addEventListener("click", (event) => {
          event.preventDefault(); // Sphinx's own link leads to the bare file: good without this script
          enlarge(image, button);
        });
        image.closest("a.image-reference")?.setAttribute("tabindex", "-1");
      }
    }
  }

  /* Tables of eight rows or more without merged cells: a heading sorts, once more turns it round. */
  function value(row, column) {
    const text = row.cells[column]?.textContent.trim().replace("−", "-") ?? "";
    const number = parseFloat(text);
    return Number.isNaN(number) ? text.toLowerCase() : number;
  }
  function sort(table, column, heading) {
    const up = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", up ? "ascending" : "descending");
    const order = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
    const rows = [...table.tBodies[0].rows];
    rows.sort((a, b) => (up ? 1 : -1) * order(value(a, column), value(b, column)));
    table.tBodies[0].append(...rows);
  }
  function tables() {
    for (const table of document.querySelectorAll(".bd-article table")) {
      const merged = [...table.querySelectorAll("th, td")].some((cell) => cell.rowSpan > 1 || cell.colSpan > 1);
      if (merged || !table.tHead || table.tBodies.length !== 1 || table.tBodies[0].rows.length < 8) continue;
      [...table.tHead.rows[0].cells].forEach((_, column) => {
        // pandas writes the index's name under the other headings
        const heading = [...table.tHead.rows].map((row) => row.cells[column]).findLast((cell) => cell?.textContent.trim());
        if (!heading) return;
        const button = make("button", { type: "button", className: "sorts", title: "Sort" });
        button.append(...heading.childNodes);
        heading.append(button);
        button.addEventListener("click", () => sort(table, column, heading));
      });
    }
  }

  /* Whatever scrolls sideways can be reached, and then scrolled, by the keyboard. */
  function reach() {
    for (const part of document.querySelectorAll(".bd-article :is(.math, mjx-container, .text_html, .pst-scrollable-table-container, pre)")) {
      const scrolls = part.scrollWidth > part.clientWidth + 1 && getComputedStyle(part).overflowX !== "visible";
      if (scrolls && part.tabIndex < 0) part.tabIndex = 0;
    }
  }

  /* The theme's sidebar is no part of the page for a screen reader, and the empty corner of a table heads nothing. */
  function parts() {
    const sidebar = document.querySelector(".bd-sidebar-primary");
    sidebar?.setAttribute("role", "region");
    sidebar?.setAttribute("aria-label", "The book");
    for (const heading of document.querySelectorAll(".bd-article th")) {
      if (heading.textContent.trim() || heading.querySelector("img")) continue;
      heading.replaceWith(make("td", { className: heading.className, colSpan: heading.colSpan, rowSpan: heading.rowSpan }));
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    parts();
    pictures();
    tables();
    reach();
    window.addEventListener("resize", reach);
    window.addEventListener("load", () => (window.MathJax?.startup?.promise ?? Promise.resolve()).then(reach));
  });
})();
