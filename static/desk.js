/* Small helps of the desk; every page works without them.
   1. Forms with data-autosave keep what is typed on the device and, when data-autosave-url is given, as a
      draft on the server. A lost connection, a closed page or an ended session loses nothing: data-stamp is
      the version the page was made from, and what was typed under it comes back with it. Where another
      device has saved since, both versions are compared on a page of the server.
   2. Buttons with data-add-row copy the <template> they name, so a row is added without a round trip;
      earlier values and participants are offered as buttons: one tap instead of typing.
   3. Every other form in which words are typed keeps them on the device until they have arrived: a session that
      ends in between, a page that is closed, a refusal lose nothing. Photos are made smaller before they leave.
      Forms with data-own-keeping look after that themselves (inspect.js).
   4. Forms with data-burden post how many fields were typed in and for how long. Nothing else is counted. */
(function () {
  "use strict";

  var MOST_ROWS = 60;
  var PAUSE = 60; // seconds without a touch after which nobody is taken to be working

  function clock() {
    return new Date().toTimeString().slice(0, 5);
  }

  function each(list, act) {
    Array.prototype.forEach.call(list, act);
  }

  function fieldsOf(form) {
    return Array.from(form.elements).filter(function (el) {
      return el.name && !/^(hidden|submit|button|password|file)$/.test(el.type);
    });
  }

  // Hidden values that belong to a row (which project, which request, which promise) travel with it.
  function keysOf(form) {
    return Array.from(form.elements).filter(function (el) {
      return el.type === "hidden" && /-(pk|about|project|request|known|unit)$/.test(el.name);
    });
  }

  function read(form) {
    return fieldsOf(form).concat(keysOf(form)).map(function (el) {
      if (el.type === "checkbox" || el.type === "radio") return [el.name, el.value, el.checked];
      return [el.name, el.value];
    });
  }

  function totals(form) {
    var found = {};
    each(form.querySelectorAll("[data-add-row]"), function (button) {
      var total = form.querySelector('[name="' + button.dataset.prefix + '-TOTAL_FORMS"]');
      if (total) found[button.dataset.prefix] = { button: button, total: total };
    });
    return found;
  }

  function addRow(button) {
    var form = button.closest("form");
    var template = document.getElementById(button.dataset.addRow);
    var total = form.querySelector('[name="' + button.dataset.prefix + '-TOTAL_FORMS"]');
    if (!template || Number(total.value) >= MOST_ROWS) return null;
    var holder = document.createElement(template.parentNode.tagName === "UL" ? "ul" : "div");
    holder.innerHTML = template.innerHTML.replace(/__prefix__/g, total.value).replace(/__number__/g, String(Number(total.value) + 1));
    total.value = String(Number(total.value) + 1);
    var row = holder.firstElementChild;
    template.parentNode.insertBefore(row, template);
    reveal(row);
    return row;
  }

  function write(form, saved) {
    var lists = totals(form);
    Object.keys(saved.rows || {}).forEach(function (prefix) {
      while (lists[prefix] && Number(lists[prefix].total.value) < Math.min(saved.rows[prefix], MOST_ROWS)) {
        if (!addRow(lists[prefix].button)) break;
      }
    });
    saved.fields.forEach(function (item) {
      each(form.elements, function (el) {
        if (el.name !== item[0]) return;
        if (item.length === 3) {
          if (el.value === item[1]) el.checked = item[2];
        } else {
          el.value = item[1];
        }
      });
    });
    form.dispatchEvent(new Event("written"));
  }

  function store(key, value) {
    try {
      if (value === null) window.localStorage.removeItem(key);
      else window.localStorage.setItem(key, JSON.stringify(value));
      return true;
    } catch (error) {
      return false;
    }
  }

  function load(key) {
    try {
      return JSON.parse(window.localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  // A mark in the address that says what has just happened; it must not be said again at a reload.
  function once(name) {
    var place = new URL(window.location.href);
    if (!place.searchParams.has(name)) return false;
    place.searchParams.delete(name);
    window.history.replaceState(null, "", place.pathname + place.search + place.hash);
    return true;
  }

  function burdenOf(form) {
    var typed = {};
    var seconds = 0;
    var last = Date.now();
    if (!("burden" in form.dataset)) return null;
    function touch() {
      var now = Date.now();
      seconds += Math.min(PAUSE, (now - last) / 1000);
      last = now;
    }
    ["input", "change", "click", "keydown", "scroll"].forEach(function (kind) {
      document.addEventListener(kind, touch, { passive: true, capture: true });
    });
    form.addEventListener("input", function (event) {
      if (event.isTrusted && /^(text|textarea|date|number)$/.test(event.target.type)) typed[event.target.name] = 1;
    });
    return {
      resume: function (saved) {
        if (!saved) return;
        seconds += Number(saved.seconds) || 0;
        (saved.typed || []).forEach(function (name) { typed[name] = 1; });
      },
      now: function () {
        touch();
        return { seconds: Math.round(seconds), typed: Object.keys(typed) };
      },
      post: function () {
        var now = this.now();
        [["burden_fields", now.typed.length], ["burden_seconds", now.seconds]].forEach(function (pair) {
          var field = form.elements[pair[0]];
          if (!field) {
            field = document.createElement("input");
            field.type = "hidden";
            field.name = pair[0];
            form.appendChild(field);
          }
          field.value = String(pair[1]);
        });
      }
    };
  }

  function autosave(form) {
    var key = "redprop:" + form.dataset.autosave;
    var stamp = form.dataset.stamp || "";
    var words = form.dataset;
    var state = form.querySelector(".save-state") || document.getElementById("save-state");
    var compare = form.querySelector("[data-compare]");
    var signIn = form.querySelector("[data-sign-in]");
    var burden = burdenOf(form);
    var timer = null;
    var sending = false;
    var again = false;
    var leaving = false;
    var unsent = false;

    function say(text) {
      if (state) state.textContent = (text || "").replace("{time}", clock());
    }

    function show(el, visible) {
      if (el) el.hidden = !visible;
    }

    function keep() {
      var rows = {};
      var lists = totals(form);
      Object.keys(lists).forEach(function (prefix) { rows[prefix] = Number(lists[prefix].total.value); });
      store(key, { stamp: stamp, page: window.location.pathname, rows: rows, fields: read(form), burden: burden && burden.now() });
    }

    function conflict(text) {
      say(text);
      show(compare, true);
    }

    function take(json) {
      stamp = String(json.stamp);
      form.dataset.stamp = stamp;
      if (form.elements.stamp) form.elements.stamp.value = stamp;
      var keys = json.keys || {};
      Object.keys(keys).forEach(function (name) {
        if (form.elements[name]) form.elements[name].value = keys[name];
      });
      var masked = json.masked || {};
      Object.keys(masked).forEach(function (name) {
        if (form.elements[name]) form.elements[name].value = masked[name];
      });
      if (!leaving) keep();
      say(Object.keys(masked).length ? words.maskedText : words.savedText);
    }

    function send() {
      if (!words.autosaveUrl) {
        say(words.deviceText);
        return;
      }
      if (sending || leaving) {
        again = true;
        return;
      }
      sending = true;
      again = false;
      var body = new FormData(form);
      body.set("action", "draft");
      fetch(words.autosaveUrl, { method: "POST", body: body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin", redirect: "manual" })
        .then(function (answer) {
          // To the sign-in, or refused because the token is of an ended session.
          if (answer.type === "opaqueredirect" || answer.status === 403) {
            unsent = true;
            say(words.signedOutText);
            show(signIn, true);
            return null;
          }
          show(signIn, false);
          if (answer.status === 409) {
            unsent = true;
            conflict(words.conflictText);
            return null;
          }
          if (answer.status === 422) {
            unsent = true;
            return answer.json().then(function (json) {
              say(json.code === "incomplete" ? words.incompleteText : words.refusedText + " " + json.refused);
              return null;
            });
          }
          if (!answer.ok) throw new Error(String(answer.status));
          return answer.json();
        })
        .then(function (json) {
          if (!json) return;
          unsent = false;
          take(json);
        })
        .catch(function () {
          unsent = true;
          say(words.deviceText);
        })
        .finally(function () {
          sending = false;
          if (again) send();
          if (leaving) form.dispatchEvent(new Event("autosave-idle"));
        });
    }

    function changed(event) {
      if (event && event.target.closest && event.target.closest("[data-compare]")) return;
      keep();
      unsent = true;
      window.clearTimeout(timer);
      timer = window.setTimeout(send, 1500);
    }

    if (once("saved") || once("fresh")) store(key, null);
    var saved = load(key);
    if (saved && !form.dataset.bound) {
      if (burden) burden.resume(saved.burden);
      if (JSON.stringify(saved.fields) === JSON.stringify(read(form))) {
        store(key, null);
      } else if (saved.stamp === stamp) {
        write(form, saved);
        say(words.restoredText);
        if (form.closest("details")) form.closest("details").open = true;
        unsent = true;
        if (words.autosaveUrl) timer = window.setTimeout(send, 1500);
      } else if (compare) {
        // Typed here under an older version: put it into the form under that version, and let the server compare.
        conflict(words.olderText);
        compare.addEventListener("click", function () {
          stamp = saved.stamp;
          if (form.elements.stamp) form.elements.stamp.value = stamp;
          write(form, saved);
        });
      }
    }
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    form.addEventListener("submit", function (event) {
      window.clearTimeout(timer);
      leaving = true;
      keep();
      if (burden) burden.post();
      if (sending) {
        // The draft on its way raises the version: wait for it, or the submission would look outdated.
        event.preventDefault();
        var pressed = event.submitter;
        form.addEventListener("autosave-idle", function () {
          form.requestSubmit(pressed);
        }, { once: true });
      }
    });
    // Back on this page from where the submission led: typing goes on, drafts are kept again.
    window.addEventListener("pageshow", function () { leaving = false; });
    window.addEventListener("online", function () { if (unsent) send(); });
  }

  // Offers: what earlier meetings had in a field, and who came to them.
  function chip(text, act) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.textContent = text;
    button.addEventListener("click", function () { act(button); });
    return button;
  }

  function offer(form) {
    var offered = JSON.parse(form.dataset.offered);
    function tell() { form.dispatchEvent(new Event("change")); }
    ["place", "chair", "recorder"].forEach(function (name) {
      var field = form.elements[name];
      if (!field || !(offered[name] || []).length) return;
      var row = document.createElement("div");
      row.className = "chips";
      offered[name].forEach(function (text) {
        row.appendChild(chip(text, function () { field.value = text; tell(); }));
      });
      field.parentNode.appendChild(row);
    });
    var units = form.querySelector("[data-offer-units]");
    if (!units || !(offered.units || []).length) return;
    offered.units.forEach(function (text) {
      units.appendChild(chip(text, function (button) {
        // The empty line at the end first, then new ones.
        var empty = Array.from(form.querySelectorAll('.ticks-other input[type="text"]')).filter(function (el) { return !el.value; })[0];
        var row = empty ? empty.closest("li") : addRow(units);
        if (!row) return;
        row.querySelector('input[type="text"]').value = text;
        button.remove();
        tell();
      }));
    });
    units.hidden = false;
  }

  function promiseFor(button) {
    var form = button.form;
    var adder = form.querySelector('[data-add-row="promise-row"]');
    var prefix = button.dataset.promiseFor.replace("__prefix__", "");
    var own = button.closest("fieldset, li");
    var compound = button.dataset.compound || (own.querySelector("select") || {}).value;
    var text = button.dataset.text || (own.querySelector('input[type="text"]') || {}).value;
    var tick = own.querySelector('input[type="checkbox"]');
    var row = addRow(adder);
    if (!row) return;
    if (tick) tick.checked = true;
    row.querySelector('[name$="-about"]').value = (prefix.match(/\d+$/) || [""])[0];
    row.querySelector('[name$="-problem"]').value = text || "";
    each(row.querySelector("select").options, function (option) {
      if (compound && option.value.split(":")[1] === compound) option.selected = true;
    });
    row.querySelector('[name$="-promise"]').focus();
    form.dispatchEvent(new Event("change"));
  }

  function reveal(part) {
    each(part.querySelectorAll("[data-promise-for]"), function (el) { el.hidden = false; });
  }

  each(document.querySelectorAll("form[data-offered]"), offer);
  reveal(document);

  each(document.querySelectorAll("form [name=nothing_new]"), function (tick) {
    function fold() {
      each(tick.form.querySelectorAll("[data-news]"), function (part) { part.hidden = tick.checked; });
    }
    tick.addEventListener("change", fold);
    tick.form.addEventListener("written", fold);
    fold();
  });

  // Words typed into any other form: the key is the page, the form's address and its row.
  var keeping = document.getElementById("keep");
  if (keeping) {
    var sent = null;
    try { sent = window.sessionStorage.getItem("redprop:sent"); } catch (error) { sent = null; }
    if (once("done") && sent) store(sent, null);
    each(document.querySelectorAll("main form"), function (form) {
      if (form.method !== "post" || "autosave" in form.dataset || "ownKeeping" in form.dataset) return;
      var last = form.querySelector("textarea") || form.querySelector('input[type="text"], input:not([type])');
      if (!last || form.querySelector('input[type="password"]')) return;
      var row = form.elements.row || form.elements.line;
      form.dataset.autosave = window.location.pathname + "|" + form.getAttribute("action") + "|" + (row ? row.value : "");
      form.dataset.deviceText = keeping.dataset.deviceText;
      form.dataset.restoredText = keeping.dataset.restoredText;
      var state = document.createElement("p");
      state.className = "save-state";
      state.setAttribute("role", "status");
      (last.closest(".field") || last).insertAdjacentElement("afterend", state);
      form.addEventListener("submit", function () {
        try { window.sessionStorage.setItem("redprop:sent", "redprop:" + form.dataset.autosave); } catch (error) { return; }
      });
    });
  }

  each(document.querySelectorAll("form[data-autosave]"), autosave);

  // Minutes that are filed: what this device still keeps of them is shown, never thrown away silently.
  each(document.querySelectorAll("[data-autosave-clear]"), function (el) {
    var key = "redprop:" + el.dataset.autosaveClear;
    if (once("filed")) store(key, null);
    var saved = load(key);
    if (!saved) return;
    var list = el.querySelector("[data-left]");
    saved.fields.forEach(function (item) {
      if (item.length !== 2 || !/(topics|decisions|-problem|-promise|-text)$/.test(item[0]) || !item[1].trim()) return;
      var line = document.createElement("li");
      line.textContent = item[1];
      list.appendChild(line);
    });
    if (!list.children.length) {
      store(key, null);
      return;
    }
    el.hidden = false;
    el.querySelector("[data-drop]").addEventListener("click", function () {
      store(key, null);
      el.hidden = true;
    });
  });

  // Only where this device really keeps a draft of the page in front is it said so.
  each(document.querySelectorAll("[data-if-kept]"), function (el) {
    var page = document.referrer ? new URL(document.referrer).pathname : "";
    for (var i = 0; i < window.localStorage.length; i += 1) {
      var name = window.localStorage.key(i);
      var saved = name.indexOf("redprop:") === 0 ? load(name) : null;
      if (saved && page && saved.page === page) el.hidden = false;
    }
  });

  // A photo of the camera becomes as large as it is kept: less to send, and several fit.
  var LONGEST = 2400;

  function smaller(file) {
    if (!window.createImageBitmap || !/^image\//.test(file.type) || file.size < 700000) return Promise.resolve(file);
    return window.createImageBitmap(file).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise(function (done) {
        canvas.toBlob(function (blob) {
          if (!blob || blob.size >= file.size) return done(file);
          done(new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }));
        }, "image/jpeg", 0.85);
      });
    }).catch(function () { return file; });
  }

  function shrink(input) {
    return Promise.all(Array.from(input.files).map(smaller)).then(function (files) {
      var list = new DataTransfer();
      files.forEach(function (file) { list.items.add(file); });
      input.files = list.files;
    }).catch(function () { return null; });
  }

  each(document.querySelectorAll("form[data-upload-limit]"), function (form) {
    var error = form.querySelector("[data-upload-error]");
    form.addEventListener("change", function (event) {
      var input = event.target;
      if (input.type !== "file") return;
      ("shrink" in input.dataset ? shrink(input) : Promise.resolve()).then(function () {
        var size = Array.from(input.files).reduce(function (sum, file) { return sum + file.size; }, 0);
        var large = size > Number(form.dataset.uploadLimit);
        error.hidden = !large;
        error.textContent = large ? form.dataset.uploadText.replace("{size}", String(Math.ceil(size / 1048576))) : "";
        if (large) input.value = "";
        input.dataset.ready = "1";
      });
    });
  });

  document.addEventListener("click", function (event) {
    var wish = event.target.closest("[data-promise-for]");
    if (wish) {
      promiseFor(wish);
      return;
    }
    var button = event.target.closest("button[data-add-row]");
    if (button) {
      event.preventDefault();
      var row = addRow(button);
      var first = row && row.querySelector("input:not([type=hidden]), select, textarea");
      if (first) first.focus();
      button.form.dispatchEvent(new Event("change"));
      return;
    }
    if (event.target.closest("[data-print]")) window.print();
  });

  each(document.querySelectorAll("[data-print]"), function (el) { el.hidden = false; });

  var errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
