// Large print is remembered from page to page; without JavaScript its link works for the page alone.
(function () {
  "use strict";
  var root = document.documentElement;
  var store = {
    get: function () { try { return localStorage.getItem("large-print"); } catch (error) { return null; } },
    set: function (on) { try { if (on) localStorage.setItem("large-print", "1"); else localStorage.removeItem("large-print"); } catch (error) { /* private mode: for this page only */ } }
  };
  if (store.get()) root.classList.add("large-print");
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("#large, #normal");
    if (!link) return;
    event.preventDefault();
    var on = link.id === "large";
    if (location.hash === "#large") history.replaceState(null, "", location.pathname + location.search);
    root.classList.toggle("large-print", on);
    store.set(on);
    document.getElementById(on ? "normal" : "large").focus();
  });
}());
