// "Use where this device is": the device's place is looked up in the public boundaries here, in the page. No request carries it.

// Even-odd rule; a point on a line that two areas share belongs to one of them.
export function isInside(geometry, x, y) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let inside = false;
  for (const ring of polygons.flat()) {
    for (let i = 1; i < ring.length; i += 1) {
      const [low, high] = ring[i - 1][1] < ring[i][1] ? [ring[i - 1], ring[i]] : [ring[i], ring[i - 1]];
      if (low[1] <= y && y < high[1] && x < low[0] + ((y - low[1]) * (high[0] - low[0])) / (high[1] - low[1])) inside = !inside;
    }
  }
  return inside;
}

async function findArea(address, x, y) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const { features } = await answer.json();
  return features.find(({ bbox, geometry }) => geometry && (!bbox || (bbox[0] <= x && x <= bbox[2] && bbox[1] <= y && y <= bbox[3])) && isInside(geometry, x, y));
}

function showLinks(status, title, found) {
  const list = document.createElement("ul");
  for (const { kind, area } of found) {
    const link = document.createElement("a");
    link.href = `/areas/${area.properties.layer}/${area.id}`;
    link.textContent = area.properties.name;
    const item = document.createElement("li");
    item.append(`${kind}: `, link);
    list.append(item);
  }
  status.replaceChildren(title, list);
}

function offerDevice(box) {
  const [button, status] = [box.querySelector("button"), box.querySelector("[role=status]")];
  const layers = [...box.querySelectorAll("[data-boundaries]")];
  if (!navigator.geolocation || !layers.length) return;
  box.hidden = false;
  button.addEventListener("click", () => {
    status.textContent = box.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      async ({ coords }) => {
        try {
          const areas = await Promise.all(layers.map((layer) => findArea(layer.dataset.boundaries, coords.longitude, coords.latitude)));
          const found = layers.map((layer, i) => ({ kind: layer.dataset.title, area: areas[i] })).filter(({ area }) => area);
          if (found.length) showLinks(status, box.dataset.found, found);
          else status.textContent = box.dataset.outside;
        } catch {
          status.textContent = box.dataset.refused;
        }
      },
      () => {
        status.textContent = box.dataset.refused;
      },
      { timeout: 15000, maximumAge: 600000 },
    );
  });
}

for (const box of document.querySelectorAll("[data-finds-place]")) offerDevice(box);
