// On the page of a list: rows that hold what is typed, and a button that prints. Without it the page is whole.
(function () {
  "use strict";
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  var input = document.getElementById("list-filter");
  var told = document.getElementById("list-filter-found");
  var rows = Array.prototype.slice.call(document.querySelectorAll(".list-table tbody tr"));
  if (!input || !rows.length) return;
  input.parentNode.hidden = false;
  input.addEventListener("input", function () {
    var wanted = input.value.replace(/\s/g, "").toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      row.hidden = wanted !== "" && row.textContent.replace(/\s/g, "").toLowerCase().indexOf(wanted) < 0;
      if (!row.hidden) shown += 1;
    });
    told.textContent = wanted ? shown + " " + told.dataset.words : "";
  });
}());
