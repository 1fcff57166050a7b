// Finds compounds while typing, in the published index. Without it the form asks the server.
(function () {
  "use strict";
  var input = document.getElementById("find-main");
  var list = document.getElementById("found");
  if (!input || !list || !window.fetch) return;
  var rows = null;
  function show() {
    var wanted = input.value.replace(/\s/g, "").toLowerCase();
    list.textContent = "";
    list.hidden = !wanted;
    if (!wanted || !rows) return;
    var found = rows.filter(function (row) {
      return [row[0], row[1], row[3]].some(function (text) { return text.toLowerCase().indexOf(wanted) >= 0; });
    }).slice(0, 20);
    found.forEach(function (row) {
      var item = document.createElement("li");
      var link = document.createElement("a");
      link.href = "/compounds/" + encodeURIComponent(row[0]) + "/";
      link.textContent = row[1];
      var area = document.createElement("span");
      area.className = "quiet";
      area.textContent = " " + row[2];
      item.append(link, area);
      list.append(item);
    });
    if (!found.length) {
      var none = document.createElement("li");
      none.textContent = list.dataset.none;
      list.append(none);
    }
  }
  input.addEventListener("input", function () {
    if (rows) { show(); return; }
    rows = [];
    fetch(list.dataset.index).then(function (answer) { return answer.json(); }).then(function (data) { rows = data; show(); }).catch(function () { rows = null; });
  });
}());
