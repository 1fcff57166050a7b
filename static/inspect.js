/* Inspections on a phone. What is typed and photographed is kept on the device (IndexedDB) until the server has
   taken it: a closed page, a dead battery, a cellar without a connection lose nothing. A submission carries a key,
   so that sending it twice is sending it once. Without JavaScript the page is a plain form. */
(function () {
  "use strict";

  var PLACE = "redprop-inspections";
  var LONGEST = 1600;
  var words = document.getElementById("inspection-words").dataset;
  var form = document.querySelector("form.marking");
  var outbox = document.getElementById("outbox");
  var root = form || outbox;
  if (!root || !window.indexedDB || !window.fetch) return;
  var user = root.dataset.user;

  // The store of the device

  function open() {
    return new Promise(function (done, failed) {
      var wish = window.indexedDB.open(PLACE, 1);
      wish.onupgradeneeded = function () { wish.result.createObjectStore("inspections", { keyPath: "id" }); };
      wish.onsuccess = function () { done(wish.result); };
      wish.onerror = function () { failed(wish.error); };
    });
  }

  function within(mode, act) {
    return open().then(function (db) {
      return new Promise(function (done, failed) {
        var step = db.transaction("inspections", mode);
        var wish = act(step.objectStore("inspections"));
        step.oncomplete = function () { db.close(); done(wish && wish.result); };
        step.onerror = step.onabort = function () { db.close(); failed(step.error); };
      });
    });
  }

  function idOf(task) { return user + "/" + task; }
  function load(task) { return within("readonly", function (all) { return all.get(idOf(task)); }); }
  function drop(task) { return within("readwrite", function (all) { return all.delete(idOf(task)); }); }
  function store(record) { return within("readwrite", function (all) { return all.put(record); }); }
  function mine() {
    return within("readonly", function (all) { return all.getAll(); }).then(function (all) {
      return all.filter(function (one) { return one.user === user; });
    });
  }

  // Sending: one at a time, each with its key

  function token() { return root.querySelector("[name=csrfmiddlewaretoken]").value; }

  function send(record) {
    var body = new FormData();
    body.append("csrfmiddlewaretoken", token());
    body.append("client_key", record.key);
    Object.keys(record.fields).forEach(function (name) { body.append(name, record.fields[name]); });
    record.photos.forEach(function (photo) { body.append(photo.field, photo.file, photo.name); });
    return fetch(record.url, { method: "POST", body: body, credentials: "same-origin", redirect: "manual", headers: { "X-Requested-With": "fetch" } })
      .then(function (answer) {
        if (answer.type === "opaqueredirect" || answer.status === 403) return { state: "signed-out" };
        if (answer.status === 422) return answer.json().then(function (json) { return { state: "refused", message: json.refused, fields: json.fields }; });
        if (answer.status === 404) return { state: "refused", message: words.gone };
        if (!answer.ok) return { state: "waiting" };
        return answer.json().then(function (json) { return { state: "sent", url: json.url }; });
      })
      .catch(function () { return { state: "waiting" }; })
      .then(function (result) {
        if (result.state === "sent") return drop(record.task).then(function () { return result; });
        record.state = result.state === "refused" ? "refused" : "waiting";
        record.message = result.message || "";
        return store(record).then(function () { return result; });
      });
  }

  var sending = null;
  function alone(act) {
    if (!sending) {
      sending = (navigator.locks ? navigator.locks.request(PLACE, act) : act()).finally(function () { sending = null; });
    }
    return sending;
  }

  // Work without a connection: the pages of the tasks are kept by a service worker

  function keepPages(addresses, told) {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.register(root.dataset.worker).then(function () { return navigator.serviceWorker.ready; }).then(function (ready) {
      var parts = Array.from(document.querySelectorAll("link[rel=stylesheet], link[rel=icon]")).map(function (el) { return el.href; });
      parts = parts.concat(Array.from(document.scripts).map(function (el) { return el.src; }).filter(Boolean));
      var was = null;
      try { was = window.localStorage.getItem(PLACE + ":user"); window.localStorage.setItem(PLACE + ":user", user); } catch (error) { was = user; }
      if (was && was !== user) ready.active.postMessage({ forget: true });
      var line = new MessageChannel();
      line.port1.onmessage = function (event) { if (told) told(Math.max(0, event.data.kept - parts.length)); };
      ready.active.postMessage({ keep: parts.concat(addresses) }, [line.port2]);
    }).catch(function () { return null; });
    Array.from(document.querySelectorAll("form[action*='sign-out']")).forEach(function (exit) {
      exit.addEventListener("submit", function () {
        if (navigator.serviceWorker.controller) navigator.serviceWorker.controller.postMessage({ forget: true });
      });
    });
  }

  // The list: what waits on this device, sent from here too

  if (outbox) {
    var list = outbox.querySelector("[data-list]");
    var told = outbox.querySelector("[data-state]");

    var show = function () {
      return mine().then(function (all) {
        list.textContent = "";
        all.forEach(function (record) {
          var line = document.createElement("li");
          var link = document.createElement("a");
          link.href = record.url;
          link.textContent = record.title;
          line.appendChild(link);
          var text = record.state === "refused" ? words.refused + " " + record.message : record.state === "waiting" ? words.waiting : words.kept;
          line.appendChild(document.createTextNode(" · " + text));
          if (record.state !== "waiting") {
            var away = document.createElement("button");
            away.type = "button";
            away.className = "btn btn-plain";
            away.textContent = words.discard;
            away.addEventListener("click", function () {
              if (window.confirm(words.discardAsk + " " + record.title)) drop(record.task).then(show);
            });
            line.appendChild(away);
          }
          list.appendChild(line);
        });
        outbox.hidden = !all.length;
        return all;
      });
    };
    var flush = function () {
      return alone(function () {
        return mine().then(function (all) {
          var waiting = all.filter(function (one) { return one.state === "waiting"; });
          var out = false;
          var went = 0;
          return waiting.reduce(function (before, record) {
            return before.then(function () {
              if (out) return null;
              told.textContent = words.sending;
              return send(record).then(function (result) {
                if (result.state === "signed-out") { out = true; told.textContent = words.signedOut; }
                if (result.state === "sent") went += 1;
              });
            });
          }, Promise.resolve()).then(function () {
            if (waiting.length && !out) told.textContent = went ? words.sent + " " + went : "";
            return show();
          }).then(function () { if (went && !out) window.location.reload(); });
        });
      });
    };
    outbox.querySelector("[data-send]").addEventListener("click", flush);
    window.addEventListener("online", flush);
    show().then(flush).catch(function () { return null; });
    var pages = outbox.dataset.keep.trim();
    keepPages((pages ? pages.split(/\s+/) : []).concat([window.location.pathname]), function (kept) {
      var says = document.getElementById("kept-pages");
      if (!says || kept < 2) return;
      says.textContent = says.dataset.text.replace("{n}", String(kept - 1));
      says.hidden = false;
    });
    return;
  }

  // The marking page

  var state = form.querySelector("[data-state]");
  var count = form.querySelector("[data-count]");
  var signIn = form.querySelector("[data-sign-in]");
  var record = { id: idOf(form.dataset.task), task: form.dataset.task, user: user, url: window.location.pathname, title: form.dataset.title, key: form.elements.client_key.value, state: "draft", message: "", fields: {}, photos: [] };
  var timer = null;

  function say(text, loud) {
    state.textContent = text;
    state.classList.toggle("save-state-loud", Boolean(loud));
  }

  function fields() {
    return Array.from(form.elements).filter(function (el) { return el.name && !/^(hidden|file|submit|button|fieldset)$/.test(el.type); });
  }

  function recount() {
    var done = Array.from(form.querySelectorAll("input[type=number]")).filter(function (el) { return el.value !== ""; }).length;
    count.textContent = words.count.replace("{done}", String(done)).replace("{all}", form.dataset.total);
  }

  function keep() {
    record.fields = {};
    fields().forEach(function (el) { record.fields[el.name] = el.value; });
    record.state = "draft";
    return store(record).then(function () { say(words.kept); }).catch(function () { say(words.noStore, true); });
  }

  function soon() {
    recount();
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, 300);
  }

  function small(file) {
    if (!window.createImageBitmap || !/^image\//.test(file.type)) return Promise.resolve({ file: file, thumb: "" });
    return window.createImageBitmap(file).then(function (picture) {
      function drawn(longest) {
        var scale = Math.min(1, longest / Math.max(picture.width, picture.height));
        var canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(picture.width * scale));
        canvas.height = Math.max(1, Math.round(picture.height * scale));
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        return canvas;
      }
      var thumb = drawn(192).toDataURL("image/jpeg", 0.7);
      return new Promise(function (done) {
        drawn(LONGEST).toBlob(function (blob) { done({ file: blob && blob.size < file.size ? blob : file, thumb: thumb }); }, "image/jpeg", 0.82);
      });
    }).catch(function () { return { file: file, thumb: "" }; });
  }

  function showPhotos() {
    Array.from(form.querySelectorAll("[data-thumbs]")).forEach(function (holder) {
      var name = "photo-" + holder.closest("[data-item]").dataset.item;
      holder.textContent = "";
      record.photos.forEach(function (photo, place) {
        if (photo.field !== name) return;
        var button = document.createElement("button");
        button.type = "button";
        button.className = "thumb";
        button.setAttribute("aria-label", words.remove + " " + (place + 1));
        if (photo.thumb) {
          var picture = document.createElement("img");
          picture.src = photo.thumb;
          picture.alt = "";
          button.appendChild(picture);
        }
        button.appendChild(document.createTextNode("×"));
        button.addEventListener("click", function () {
          record.photos.splice(record.photos.indexOf(photo), 1);
          showPhotos();
          keep();
        });
        holder.appendChild(button);
      });
    });
  }

  function complain(item, text) {
    var error = item.querySelector("[data-error]");
    item.classList.toggle("field-bad", Boolean(text));
    error.hidden = !text;
    error.textContent = text || "";
  }

  function fit() {
    var first = null;
    Array.from(form.querySelectorAll("[data-item]")).forEach(function (item) {
      var field = item.querySelector("input[type=number]");
      var finding = item.querySelector("input[type=text]");
      var value = Number(field.value);
      var text = "";
      if (field.value === "") text = words.missing;
      else if (!(value >= 0 && value <= Number(field.max))) text = words.range;
      else if (value < Number(field.max) && !finding.value.trim()) text = words.finding;
      complain(item, text);
      if (text && !first) first = text === words.finding ? finding : field;
    });
    if (first) first.focus();
    return !first;
  }

  function tell(result) {
    signIn.hidden = result.state !== "signed-out";
    if (result.state === "sent") window.location.href = result.url;
    else if (result.state === "signed-out") say(words.signedOut, true);
    else if (result.state === "refused") {
      say(words.refused + " " + result.message, true);
      (result.fields || []).forEach(function (name) {
        if (form.elements[name]) complain(form.elements[name].closest("[data-item]"), result.message);
      });
    } else say(words.waiting, true);
  }

  function go() {
    return alone(function () {
      say(words.sending);
      return send(record).then(tell);
    });
  }

  form.addEventListener("input", soon);
  form.addEventListener("change", function (event) {
    var input = event.target;
    if (input.type !== "file") return soon();
    var most = Number(form.dataset.mostPhotos) - record.photos.length;
    var chosen = Array.from(input.files);
    if (chosen.length > most) say(words.photos.replace("{n}", form.dataset.mostPhotos), true);
    Promise.all(chosen.slice(0, Math.max(0, most)).map(function (file) {
      return small(file).then(function (made) {
        record.photos.push({ field: input.name, file: made.file, thumb: made.thumb, name: file.name.replace(/\.\w+$/, "") + ".jpg" });
      });
    })).then(function () {
      input.value = "";
      showPhotos();
      return chosen.length > most ? null : keep();
    });
    return null;
  });
  form.addEventListener("click", function (event) {
    var button = event.target.closest("[data-step], [data-full]");
    if (!button) return;
    var field = button.closest("[data-item]").querySelector("input[type=number]");
    var most = Number(field.max);
    var value = "full" in button.dataset ? most : (field.value === "" ? most : Number(field.value)) + Number(button.dataset.step);
    field.value = String(Math.min(most, Math.max(0, value)));
    complain(button.closest("[data-item]"), "");
    soon();
  });
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    window.clearTimeout(timer);
    recount();
    if (!fit()) {
      keep();
      return;
    }
    keep().then(function () {
      record.state = "waiting";
      return store(record).catch(function () { return null; });
    }).then(go);
  });
  window.addEventListener("online", function () { if (record.state === "waiting") go(); });
  Array.from(form.querySelectorAll("[data-step], [data-full]")).forEach(function (el) { el.hidden = false; });

  load(form.dataset.task).then(function (saved) {
    if (saved) {
      record = saved;
      record.url = window.location.pathname;
      fields().forEach(function (el) { if (el.name in record.fields) el.value = record.fields[el.name]; });
      showPhotos();
      say(record.state === "refused" ? words.refused + " " + record.message : record.state === "waiting" ? words.waiting : words.restored, record.state !== "draft");
      if (record.state === "waiting") go();
    }
    recount();
  }).catch(function () { recount(); });
  keepPages([window.location.pathname]);
})();
