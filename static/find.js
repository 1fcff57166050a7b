// Finds compounds, enterprises and subdistricts while typing, in the published index.
// Without it the form asks the server; without the server there are the pages from A to Z.
(function () {
  "use strict";
  var input = document.getElementById("find-main");
  var list = document.getElementById("found");
  if (!input || !list || !window.fetch) return;
  var base = { c: "/compounds/", e: "/enterprises/", a: "/compounds/in/" };
  var prefix = document.documentElement.lang === "en" ? "/en" : "";
  var rows = null;
  var asked = false;
  function order(row, wanted) {
    var name = row[2].replace(/\s/g, "").toLowerCase();
    var key = row[4].toLowerCase();
    if (name.indexOf(wanted) < 0 && key.indexOf(wanted) < 0 && row[1].toLowerCase().indexOf(wanted) < 0) return 0;
    var begins = name.indexOf(wanted) === 0 || (" " + key).indexOf(" " + wanted) >= 0;
    return begins ? 2 : 1;
  }
  function add(row) {
    var item = document.createElement("li");
    var link = document.createElement("a");
    link.href = prefix + base[row[0]] + encodeURIComponent(row[1]) + "/";
    link.textContent = row[2];
    var place = document.createElement("span");
    place.className = "quiet";
    place.textContent = " " + (row[3] || list.dataset[row[0] === "e" ? "enterprise" : "area"] || "");
    item.append(link, place);
    list.append(item);
  }
  function show() {
    var wanted = input.value.normalize("NFKC").replace(/\s/g, "").toLowerCase();
    list.textContent = "";
    list.hidden = !wanted || !rows;
    if (list.hidden) return;
    var found = [[], []];
    rows.forEach(function (row) {
      var place = order(row, wanted);
      if (place) found[2 - place].push(row);
    });
    found[0].concat(found[1]).slice(0, 20).forEach(add);
    if (!list.firstChild) {
      var none = document.createElement("li");
      none.textContent = list.dataset.none;
      list.append(none);
    }
  }
  function load() {
    if (asked) return;
    asked = true;
    fetch(list.dataset.index)
      .then(function (answer) { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
      .then(function (data) { rows = data; show(); })
      .catch(function () { asked = false; });
  }
  input.addEventListener("focus", load);
  input.addEventListener("input", function () { if (rows) show(); else load(); });
}());
