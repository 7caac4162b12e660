// What pages do beyond being read: sorting and filtering of tables, tabs, links of headings. Without it all stands plain.
(function () {
  "use strict";
  function make(tag, attributes, text) {
    var one = document.createElement(tag);
    Object.keys(attributes).forEach(function (name) { one.setAttribute(name, attributes[name]); });
    if (text) { one.textContent = text; }
    return one;
  }

  document.querySelectorAll("h2[id]").forEach(function (heading) {
    if (heading.closest(".card")) { return; }
    heading.append(" ", make("a", {href: "#" + heading.id, class: "anchor", "aria-label": "Link to: " + heading.textContent}, "#"));
  });

  // --- tables: a heading sorts, a row is kept where it holds the text and every choice ---------------------------
  function compare(one, other) {
    if (one === other) { return 0; }
    if (one === "" || other === "") { return one === "" ? 1 : -1; }  // no figure comes last
    return isNaN(one) || isNaN(other) ? one.localeCompare(other) : Number(other) - Number(one);
  }
  function sortable(table) {
    table.querySelectorAll("thead th").forEach(function (heading, column) {
      var button = make("button", {type: "button"}, heading.textContent);
      heading.replaceChildren(button);
      button.addEventListener("click", function () {
        var turned = heading.getAttribute("aria-sort") === "descending" ? -1 : 1, body = table.tBodies[0];
        table.querySelectorAll("th[aria-sort]").forEach(function (th) { th.removeAttribute("aria-sort"); });
        heading.setAttribute("aria-sort", turned === 1 ? "descending" : "ascending");
        Array.from(body.rows)
          .sort(function (a, b) { return turned * compare(a.cells[column].dataset.v, b.cells[column].dataset.v); })
          .forEach(function (row) { body.append(row); });
      });
    });
  }
  function filters(table) {
    var rows = Array.from(table.tBodies[0].rows), choices = [];
    var bar = make("div", {class: "filters", role: "search", "aria-label": "Filter: " + table.caption.textContent.trim()});
    var text = make("input", {type: "search", "aria-label": "Filter by text", placeholder: "Filter by text"});
    var count = make("span", {role: "status", class: "muted"});
    bar.append(text);
    table.querySelectorAll("thead th").forEach(function (heading, column) {
      if (!("choose" in heading.dataset)) { return; }
      var select = make("select", {"aria-label": heading.textContent}), seen = new Set();
      select.append(make("option", {value: ""}, heading.textContent + ": all"));
      rows.forEach(function (row) { seen.add(row.cells[column].dataset.v); });
      Array.from(seen).sort().forEach(function (value) {
        select.append(make("option", {value: value}, value.replace(/_/g, " ")));
      });
      select.dataset.column = column;
      choices.push(select); bar.append(select);
    });
    bar.append(count);
    function keep() {
      var shown = 0, wanted = text.value.toLowerCase();
      rows.forEach(function (row) {
        row.hidden = !(row.textContent.toLowerCase().includes(wanted) && choices.every(function (one) {
          return !one.value || row.cells[one.dataset.column].dataset.v === one.value;
        }));
        shown += row.hidden ? 0 : 1;
      });
      count.textContent = shown ? shown + " of " + rows.length + " rows" : "No row: take a filter back.";
    }
    bar.addEventListener("input", keep);
    table.closest(".wide").before(bar);
    var words = new URLSearchParams(location.search).get("q");
    if (words && "byLink" in table.dataset) { text.value = words; keep(); }
  }
  document.querySelectorAll("table.tools").forEach(function (table) { filters(table); sortable(table); });

  // --- tabs: sections of which one is seen ------------------------------------------------------------------------
  document.querySelectorAll(".tabs").forEach(function (group) {
    var sections = Array.from(group.children), bar = make("div", {role: "tablist", "aria-label": "Parts of this page"});
    var buttons = sections.map(function (section, position) {
      var heading = section.querySelector("h2"), id = heading.id;
      var button = make("button", {role: "tab", type: "button", id: "tab-" + id, "aria-controls": "panel-" + id}, section.dataset.tab);
      section.id = "panel-" + id;
      section.setAttribute("role", "tabpanel");
      section.setAttribute("aria-labelledby", button.id);
      button.addEventListener("click", function () { choose(position); });
      button.addEventListener("keydown", function (event) {
        var step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
        if (step) { choose((position + step + sections.length) % sections.length, true); }
      });
      bar.append(button);
      return button;
    });
    function choose(chosen, focus) {
      sections.forEach(function (section, position) {
        section.hidden = position !== chosen;
        buttons[position].setAttribute("aria-selected", position === chosen);
        buttons[position].tabIndex = position === chosen ? 0 : -1;
      });
      if (focus) { buttons[chosen].focus(); }
      document.dispatchEvent(new Event("shown"));
    }
    function follow() {
      var target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
      var chosen = target ? sections.findIndex(function (section) { return section.contains(target); }) : -1;
      if (chosen >= 0) { choose(chosen); target.scrollIntoView(); }
    }
    group.prepend(bar);
    choose(0);
    follow();
    addEventListener("hashchange", follow);
    addEventListener("beforeprint", function () {
      sections.forEach(function (section) { section.hidden = false; });
      document.dispatchEvent(new Event("shown"));
    });
  });
})();
