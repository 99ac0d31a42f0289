// Draws the map live over its still picture. The page stays the source of every number: a filter, a step in time or a
// picked area loads the same page for another address and puts its parts in place.

const FIRST_ZOOM = 8;
const frame = document.querySelector(".hl-map");
const live = document.getElementById("map-live");
const parts = () => document.querySelectorAll("[data-part]");
const byId = (id) => document.getElementById(id);
let state = JSON.parse(document.querySelector("[data-map]").dataset.map);
let map = null;
let corners = null;
let asked = 0;

// ------------------------------------------------------------------------------------------- another question

async function go(address, { push = true } = {}) {
  const turn = ++asked;
  const url = new URL(address, location.href);
  let page;
  try {
    const answer = await fetch(url.pathname + url.search);
    if (!answer.ok) throw new Error(String(answer.status));
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    location.assign(url);
    return;
  }
  if (turn !== asked) return;
  if (push) history.pushState(null, "", url.pathname + url.search + location.hash);
  const focused = document.activeElement?.id;
  const open = [...document.querySelectorAll("[data-part] details")].map((d) => d.open);
  for (const part of parts()) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  document.querySelectorAll("[data-part] details").forEach((d, i) => { if (i in open) d.open = open[i]; });
  state = JSON.parse(document.querySelector("[data-map]").dataset.map);
  closePoint();
  dress();
  if (focused && byId(focused)) byId(focused).focus({ preventScroll: true });
  draw();
}

function isMap(link) {
  return link && link.origin === location.origin && link.pathname === "/map" && link.closest("[data-part]");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a");
  if (!map || !isMap(link) || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
  event.preventDefault();
  go(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!map || form.getAttribute("action") !== "/map") return;
  event.preventDefault();
  const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  const before = new URLSearchParams(location.search);
  if (form.id === "map-form" && (before.get("layer") ?? given.get("layer")) === given.get("layer")) {
    for (const name of ["area", "lines"]) if (before.get(name)) given.set(name, before.get(name));
  }
  go(`/map?${given}`);
});

window.addEventListener("popstate", () => { if (map) go(location.href, { push: false }); });

// ------------------------------------------------------------------------------------------------- the slider

function addDays(text, days) {
  const day = new Date(`${text}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

function addMonths(text, months) {
  const day = new Date(`${text}T00:00:00Z`);
  day.setUTCMonth(day.getUTCMonth() + months);
  return day.toISOString().slice(0, 10);
}

function dress() {
  const slider = document.querySelector(".hl-mapslider");
  const range = byId("map-time");
  if (slider && range && map) {
    const { unit, first } = slider.dataset;
    const length = Number(slider.dataset.length);
    range.hidden = Number(range.max) <= Number(range.min);
    range.setAttribute("aria-valuetext", range.labels[0].textContent);
    range.addEventListener("change", () => {
      const from = unit === "months" ? addMonths(first, Number(range.value)) : addDays(first, Number(range.value) * length);
      const to = addDays(unit === "months" ? addMonths(from, length) : addDays(from, length), -1);
      const question = new URLSearchParams(new URL(byId("map-permalink").href).search);
      question.delete("window");
      question.set("from", from);
      question.set("to", to);
      go(`/map?${question}`);
    });
  }
  const tools = byId("map-draw");
  if (tools && map) {
    tools.hidden = false;
    for (const button of tools.querySelectorAll("[data-draw]")) button.addEventListener("click", () => TOOLS[button.dataset.draw]());
    showTools();
  }
}

// ---------------------------------------------------------------------------------------------------- drawing

const color = (name) => getComputedStyle(frame).getPropertyValue(`--map-${name}`).trim();
const shades = () => [0, 1, 2, 3, 4].map((i) => color(i));
const collection = (features) => ({ type: "FeatureCollection", features });
const shape = (type, coordinates, properties = {}) => ({ type: "Feature", properties, geometry: { type, coordinates } });

function ringOf(points) {
  return points.length ? [shape("Polygon", [[...points, points[0]]])] : [];
}

function byLimits(value, limits) {
  return limits.length ? ["step", value, color(0), ...limits.flatMap((limit, i) => [limit, color(i + 1)])] : color(0);
}

// How many lie in a square kilometre hangs on the size of a cell, which hangs on the zoom.
function byDensity() {
  const zooms = Object.keys(state.km2).map(Number).sort((a, b) => a - b);
  const at = (z) => byLimits(["/", ["get", "n"], state.km2[z]], state.limits);
  return ["step", ["zoom"], at(zooms[0]), ...zooms.slice(1).flatMap((z) => [z, at(z)])];
}

// The ground that the city has laid down as vector tiles. Names of kinds are those of Protomaps (`kind`) and OpenMapTiles (`class`).
const KIND = ["coalesce", ["get", "kind"], ["get", "class"], ""];
const MAJOR = ["highway", "major_road", "medium_road", "motorway", "trunk", "primary", "secondary"];
const NOT_ROADS = ["path", "track", "rail", "transit", "ferry", "pier", "aeroway", "aerialway"];
const OPEN_LAND = [
  "park", "national_park", "nature_reserve", "forest", "wood", "grass", "grassland", "meadow", "scrub", "wetland", "farmland", "golf_course",
  "cemetery", "recreation_ground", "village_green", "garden", "pitch", "playground", "zoo", "beach", "sand",
];

function baseLayers(kind, type, paint, { filter, ...more } = {}) {
  const shapes = ["==", ["geometry-type"], type === "line" ? "LineString" : "Polygon"];
  return (state.base?.layers[kind] ?? []).map((layer) => ({
    id: `base-${layer}`, type, source: "base", "source-layer": layer, filter: filter ? ["all", shapes, filter] : shapes, paint, ...more,
  }));
}

function baseGround() {
  const quiet = (opacity) => ({ "fill-color": color("street"), "fill-opacity": opacity });
  return [
    ...baseLayers("earth", "fill", { "fill-color": color("land") }),
    ...baseLayers("landuse", "fill", quiet(0.14), { filter: ["in", KIND, ["literal", OPEN_LAND]] }),
    ...baseLayers("water", "fill", { "fill-color": color("water") }),
    ...baseLayers("buildings", "fill", quiet(0.22), { minzoom: 15 }),
  ];
}

function baseRoads() {
  const by = (major, minor) => ["case", ["in", KIND, ["literal", MAJOR]], major, minor];
  const width = ["interpolate", ["exponential", 1.5], ["zoom"], 9, by(0.6, 0), 13, by(1.6, 0.5), 18, by(7, 4)];
  return baseLayers("roads", "line", { "line-color": color("street"), "line-width": width }, { filter: ["!", ["in", KIND, ["literal", NOT_ROADS]]] });
}

// The city's own shapes are drawn where its tiles have none.
function own(name, kind) {
  const has = state.base?.layers[kind] && state.base.minzoom <= FIRST_ZOOM;
  return has ? null : state[name];
}

function sources() {
  const found = {};
  if (state.base) {
    const { tiles, minzoom, maxzoom, bounds } = state.base;
    found.base = { type: "vector", tiles: [location.origin + tiles], minzoom, maxzoom, bounds };
  }
  for (const [name, kind] of [["water", "water"], ["streets", "roads"]]) {
    if (own(name, kind)) found[name] = { type: "geojson", data: own(name, kind) };
  }
  if (state.areas) found.areas = { type: "geojson", data: state.areas };
  if (state.mode === "sites") {
    found.catchments = { type: "geojson", data: state.catchments };
    found.sites = { type: "geojson", data: state.sites };
  }
  if (state.mode === "cells" || state.mode === "points") {
    found.records = { type: "vector", tiles: [location.origin + state.tiles], minzoom: FIRST_ZOOM, maxzoom: 18, bounds: state.bounds };
  }
  if (state.mode === "unusual") {
    const rings = state.unusual.map(([w, s, e, n]) => [[w, s], [e, s], [e, n], [w, n]]);
    found.unusual = { type: "geojson", data: collection(rings.flatMap(ringOf)) };
  }
  found.names = { type: "geojson", data: collection(state.names.map(([x, y, name]) => shape("Point", [x, y], { name }))) };
  found.shape = { type: "geojson", data: collection(ringOf(state.ring)) };
  found.draft = { type: "geojson", data: collection([]) };
  return found;
}

function areaLayers() {
  if (!state.areas) return [];
  const groups = {};
  for (const [id, kind] of Object.entries(state.kinds)) (groups[kind] ??= []).push(id);
  const inGroup = (ids) => ["in", ["get", "id"], ["literal", ids]];
  const fills = { 0: color(0), 1: color(1), 2: color(2), 3: color(3), 4: color(4), none: "#ffffff" };
  // Ground that the city has laid down stays in sight where areas have no color of their own; the fill still answers a click.
  const opacity = state.base && state.mode !== "areas" ? 0 : 1;
  const layers = [{ id: "areas", type: "fill", source: "areas", paint: { "fill-color": color("land"), "fill-opacity": opacity } }];
  if (state.mode === "areas") {
    for (const [kind, ids] of Object.entries(groups)) {
      const paint = kind === "few" ? { "fill-pattern": "hatch" } : { "fill-color": fills[kind] };
      layers.push({ id: `areas-${kind}`, type: "fill", source: "areas", filter: inGroup(ids), paint });
    }
  }
  return layers;
}

function recordLayers() {
  if (state.mode === "unusual") {
    return [
      { id: "unusual", type: "fill", source: "unusual", paint: { "fill-color": color("unusual"), "fill-opacity": 0.3 } },
      { id: "unusual-line", type: "line", source: "unusual", paint: { "line-color": color("unusual"), "line-width": 2 } },
    ];
  }
  if (state.mode === "areas") return [];
  if (state.mode === "sites") {
    const isOpen = (yes, no) => ["case", ["get", "open"], yes, no];
    return [
      { id: "catchments", type: "fill", source: "catchments", paint: { "fill-color": color("catchment"), "fill-opacity": 0.18 } },
      { id: "catchment-lines", type: "line", source: "catchments", paint: { "line-color": color("catchment"), "line-width": 2 } },
      {
        id: "sites", type: "circle", source: "sites",
        paint: { "circle-radius": 13, "circle-color": isOpen(color("open"), "#ffffff"), "circle-stroke-color": color("ink"), "circle-stroke-width": 2 },
      },
    ];
  }
  const n = ["get", "n"];
  const size = (least, most) => ["interpolate", ["linear"], ["sqrt", n], 1, least, 30, most];
  const radius = ["interpolate", ["linear"], ["zoom"], 10, size(2, 9), 13, size(4, 16), 16, size(7, 28)];
  return [
    { id: "cells", type: "fill", source: "records", "source-layer": "cells", paint: { "fill-color": byDensity(), "fill-opacity": 0.9 } },
    {
      id: "points", type: "circle", source: "records", "source-layer": "points",
      paint: {
        "circle-radius": radius, "circle-color": state.dots ? byLimits(n, state.limits) : color(3),
        "circle-stroke-color": "#ffffff", "circle-stroke-width": 1,
      },
    },
  ];
}

function lineLayers() {
  const line = (id, source, paint, more = {}) => ({ id, type: "line", source, paint, ...more });
  const layers = [];
  if (own("streets", "roads")) layers.push(line("streets", "streets", { "line-color": color("street"), "line-width": ["match", ["get", "kind"], "major", 1.6, 0.7] }));
  if (state.areas) {
    layers.push(line("area-lines", "areas", { "line-color": color("line"), "line-width": 1.2 }));
    layers.push(line("picked", "areas", { "line-color": color("ink"), "line-width": 4 }, { filter: ["==", ["get", "id"], state.picked ?? ""] }));
  }
  layers.push({ id: "names", type: "symbol", source: "names", layout: { "icon-image": ["concat", "name:", ["get", "name"]] } });
  if (state.mode === "sites") layers.push({ id: "numbers", type: "symbol", source: "sites", layout: { "icon-image": ["concat", "name:", ["get", "number"]], "icon-allow-overlap": true } });
  layers.push(line("shape", "shape", { "line-color": color("ink"), "line-width": 3, "line-dasharray": [3, 2] }));
  layers.push(line("draft", "draft", { "line-color": color("ink"), "line-width": 3, "line-dasharray": [1, 1] }));
  layers.push({ id: "draft-corners", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 6, "circle-color": color("ink") } });
  return layers;
}

function makeStyle() {
  const land = state.water || state.base?.layers.water;
  const layers = [{ id: "ground", type: "background", paint: { "background-color": land ? color("land") : color("water") } }, ...baseGround()];
  if (own("water", "water")) layers.push({ id: "water", type: "fill", source: "water", paint: { "fill-color": color("water") } });
  return { version: 8, sources: sources(), layers: [...layers, ...areaLayers(), ...baseRoads(), ...recordLayers(), ...lineLayers()] };
}

function draw() {
  if (!map) return;
  map.setStyle(makeStyle(), { diff: true });
  live.dataset.drawn = "";
  map.once("idle", () => { live.dataset.drawn = location.search || "?"; });
}

// Diagonal lines for areas that have a count and no rate.
function hatch() {
  const size = 16;
  const data = new Uint8ClampedArray(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const dark = (x + y) % 8 < 2;
      data.set(dark ? [80, 96, 108, 255] : [255, 255, 255, 255], (y * size + x) * 4);
    }
  }
  return { width: size, height: size, data };
}

// A name as a picture: letters need no font files of their own that way.
function nameplate(text) {
  const board = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const font = "700 28px 'Public Sans', Arial, sans-serif";
  board.font = font;
  board.canvas.width = Math.ceil(board.measureText(text).width) + 16;
  board.canvas.height = 44;
  Object.assign(board, { font, lineWidth: 7, lineJoin: "round", strokeStyle: "#ffffff", fillStyle: color("ink"), textBaseline: "middle" });
  board.strokeText(text, 8, 22);
  board.fillText(text, 8, 22);
  return board.getImageData(0, 0, board.canvas.width, board.canvas.height);
}

// ---------------------------------------------------------------------------------------------- a public point

function closePoint() {
  byId("map-point").hidden = true;
  byId("map-point").replaceChildren();
}

async function openPoint(snap) {
  const [path, query] = state.point.split("?");
  const answer = await fetch(`${path}${snap}${query ? `?${query}` : ""}`);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = byId("map-point");
  card.replaceChildren(document.adoptNode(page.getElementById("point")));
  card.hidden = false;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

// ------------------------------------------------------------------------------------------------- own shapes

const round = (lngLat) => [Number(lngLat.lng.toFixed(5)), Number(lngLat.lat.toFixed(5))];

function showTools() {
  const drawing = corners !== null;
  for (const button of document.querySelectorAll("[data-draw]")) {
    const name = button.dataset.draw;
    button.hidden = name === "polygon" ? drawing : name === "circle" ? false : !drawing;
    if (name === "done") button.disabled = !drawing || corners.length < 3;
  }
  frame.classList.toggle("hl-map--drawing", drawing);
  byId("map-cross").hidden = !drawing;
  if (drawing) map.doubleClickZoom.disable(); else map.doubleClickZoom.enable();
  const points = (corners ?? []).map((corner) => shape("Point", corner));
  const line = corners?.length > 1 ? [shape("LineString", corners.length > 2 ? [...corners, corners[0]] : corners)] : [];
  map.getSource("draft")?.setData(collection([...points, ...line]));
}

function addCorner(lngLat) {
  if (corners.length < 50) corners.push(round(lngLat));
  showTools();
}

function stopDrawing() {
  corners = null;
  showTools();
}

function withShape(name, value) {
  const url = new URL(state.unshaped, location.href);
  url.searchParams.set(name, value);
  const question = [...url.searchParams].map(([key, text]) => `${key}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3B/g, ";").replace(/%3A/g, ":")}`);
  go(`/map?${question.join("&")}`);
}

const TOOLS = {
  polygon() { corners = []; showTools(); map.getCanvas().focus(); },
  corner() { addCorner(map.getCenter()); },
  undo() { corners.pop(); showTools(); },
  cancel() { stopDrawing(); },
  done() {
    const value = corners.map((corner) => corner.join(",")).join(";");
    stopDrawing();
    withShape("polygon", value);
  },
  circle() {
    stopDrawing();
    withShape("near", [...round(map.getCenter()), byId("map-radius").value].join(","));
  },
};

// ------------------------------------------------------------------------------------------------ the live map

function hit(point, layer, reach = 0) {
  if (!map.getLayer(layer)) return undefined;
  const box = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
  return map.queryRenderedFeatures(box, { layers: [layer] })[0];
}

function onClick(event) {
  if (corners) return addCorner(event.lngLat);
  const point = hit(event.point, "points", 8);
  if (point) return openPoint(point.id);
  if (hit(event.point, "cells")) return map.easeTo({ center: event.lngLat, zoom: Math.min(map.getZoom() + 2, 16) });
  const site = hit(event.point, "sites", 8);
  if (site) return location.assign(`/community/${encodeURIComponent(site.properties.id)}`);
  if (state.mode === "sites") return undefined;
  const area = hit(event.point, "areas");
  if (area) return go(`${state.pick}${state.pick.includes("?") ? "&" : "?"}area=${encodeURIComponent(area.properties.id)}`);
  return undefined;
}

function onMove(event) {
  const area = state.mode === "areas" || state.mode === "unusual" ? hit(event.point, "areas") : undefined;
  const count = hit(event.point, "points", 2) ?? hit(event.point, "cells");
  const tip = byId("map-tip");
  const site = hit(event.point, "sites", 4);
  tip.textContent = site ? `${site.properties.number}. ${site.properties.name}` : count ? String(count.properties.n) : area ? state.tips[area.properties.id] ?? area.properties.name : "";
  tip.hidden = !tip.textContent;
}

const MOVES = {
  zoom_in: () => map.zoomIn(),
  zoom_out: () => map.zoomOut(),
  whole: () => map.fitBounds(state.bounds, { padding: 16 }),
};

async function start() {
  if (!state.areas || !frame) return;
  const library = await import(frame.dataset.library);
  library.setWorkerUrl(new URL(frame.dataset.worker, location.href).href);
  frame.classList.add("hl-map--live");
  live.hidden = false;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  try {
    map = new library.Map({
      container: live, style: makeStyle(), bounds: state.bounds, fitBoundsOptions: { padding: 16 }, hash: "view", minZoom: FIRST_ZOOM, maxZoom: 18.9,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: still ? 0 : 200,
      cooperativeGestures: true, maxPitch: 0, rollEnabled: false,
      locale: {
        "Map.Title": frame.dataset.label, "CooperativeGesturesHandler.MobileHelpText": frame.dataset.touch,
        "CooperativeGesturesHandler.WindowsHelpText": frame.dataset.ctrl, "CooperativeGesturesHandler.MacHelpText": frame.dataset.command,
      },
    });
  } catch {
    map = null;
    live.hidden = true;
    frame.classList.remove("hl-map--live");
    return;
  }
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver((id) => {
    if (map.hasImage(id)) return;
    map.addImage(id, id === "hatch" ? hatch() : nameplate(id.slice(5)), { pixelRatio: 2 });
  });
  map.on("click", onClick);
  map.on("mousemove", onMove);
  map.on("mouseout", () => { byId("map-tip").hidden = true; });
  map.getCanvas().setAttribute("aria-describedby", "map-keys");
  map.getCanvas().addEventListener("keydown", (event) => {
    if (!corners) return;
    if (event.key === "Enter") addCorner(map.getCenter());
    if (event.key === "Escape") stopDrawing();
    if (event.key === "Backspace") TOOLS.undo();
  });
  for (const id of ["map-buttons", "map-keys", "map-credit"]) if (byId(id)) byId(id).hidden = false;
  for (const button of document.querySelectorAll("[data-move]")) button.addEventListener("click", () => MOVES[button.dataset.move]());
  map.once("idle", () => { live.dataset.drawn = location.search || "?"; });
  dress();
}

const filters = document.querySelector(".hl-mapfilters");
if (filters && matchMedia("(max-width: 63.99em)").matches) filters.open = false;
start();
