// SPDX-License-Identifier: Apache-2.0
// What lies over the picture: compass with the wind, scale bar, the sentence that says why nothing can be drawn, styles.

const WORDS = {
  zh: {
    north: "北", nowebgl: "此浏览器无法绘制三维场景（WebGL 2 不可用）。请开启硬件加速，或换用较新的 Chrome、Edge 或 Firefox。",
    lost: "显卡暂时不可用，三维场景已停止；恢复后会自动重绘。", wind: "风",
  },
  en: {
    north: "N", nowebgl: "This browser cannot draw the 3-D scene (WebGL 2 is not available). Turn on hardware acceleration, or use a recent Chrome, Edge or Firefox.",
    lost: "The graphics card went away and the 3-D scene stopped; it is redrawn when the card comes back.", wind: "Wind",
  },
};

export function words(language) {
  return WORDS[language] ?? WORDS.en;
}

const CSS = `
.ps-root{position:absolute;inset:0;overflow:hidden;isolation:isolate;background:linear-gradient(#040b18,#0d2440 45%,#0a1626);user-select:none;font-family:"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",system-ui,sans-serif}
.ps-canvas{position:absolute;inset:0;width:100%;height:100%;display:block;outline:none;touch-action:none;cursor:grab}
.ps-canvas:active{cursor:grabbing}
.ps-canvas.ps-over{cursor:pointer}
.ps-labels{position:absolute;inset:0;z-index:1;overflow:hidden;pointer-events:none}
.ps-label{position:absolute;left:0;top:0;will-change:transform}
.ps-label[hidden]{display:none}
.ps-label>span{position:absolute;left:0;bottom:14px;transform:translateX(-50%);white-space:nowrap;font-size:12px;line-height:20px;padding:0 8px;color:#d6ecff;background:rgba(8,24,44,.74);border:1px solid rgba(96,176,232,.42);border-radius:3px;letter-spacing:.02em;text-shadow:0 1px 2px rgba(0,0,0,.7);box-shadow:0 2px 10px rgba(0,8,20,.35)}
.ps-label::after{content:"";position:absolute;left:-.5px;bottom:0;width:1px;height:14px;background:linear-gradient(rgba(96,176,232,.85),rgba(96,176,232,.15))}
.ps-enterprise>span{font-size:12px;color:#b9dcf7;background:rgba(8,24,44,.55);border-color:rgba(96,176,232,.25)}
.ps-place>span,.ps-unit>span{font-size:11px;line-height:18px;color:#a9c8e4;background:rgba(8,24,44,.5);border-color:rgba(96,140,190,.3)}
.ps-shelter>span{color:#8dffd0;border-color:rgba(46,230,160,.6);background:rgba(4,40,34,.78)}
.ps-shelter::after{background:linear-gradient(rgba(46,230,160,.9),rgba(46,230,160,.1))}
.ps-station>span{color:#ffc3b8;border-color:rgba(255,110,90,.6);background:rgba(52,16,18,.76);font-weight:600}
.ps-receptor>span{color:#ffdca6;border-color:rgba(255,190,90,.5);background:rgba(48,34,10,.7)}
.ps-gate>span{color:#9fd8ff;font-size:11px;line-height:18px}
.ps-alarm>span,.ps-source>span{color:#fff;font-weight:600;font-size:13px;line-height:22px;background:rgba(168,24,36,.88);border-color:#ff7a70;box-shadow:0 0 18px rgba(255,60,60,.5)}
.ps-source>span{background:rgba(176,70,10,.9);border-color:#ffb066;box-shadow:0 0 18px rgba(255,140,50,.5)}
.ps-alarm::after,.ps-source::after{background:linear-gradient(#ff8a70,rgba(255,80,60,.2));width:2px}
.ps-crew>span{color:#fff;font-weight:600;background:rgba(150,28,40,.86);border-color:#ff8a80}
.ps-tip{position:absolute;left:0;top:0;z-index:4;pointer-events:none;padding:2px 8px;font-size:12px;line-height:19px;color:#eaf6ff;background:rgba(6,20,38,.92);border:1px solid rgba(110,220,255,.75);border-radius:3px;white-space:nowrap}
.ps-tip[hidden]{display:none}
.ps-hud{position:absolute;pointer-events:none;display:flex;flex-direction:column;align-items:center;gap:6px;z-index:3}
.ps-compass{width:74px;height:74px;pointer-events:auto;cursor:pointer;filter:drop-shadow(0 2px 8px rgba(0,6,16,.6))}
.ps-wind{font-size:11px;color:#9fdcff;text-shadow:0 1px 3px #000;letter-spacing:.03em}
.ps-scale{position:absolute;z-index:3;pointer-events:none;color:#a9c8e4;font-size:11px;text-align:center;text-shadow:0 1px 3px #000}
.ps-scale i{display:block;height:5px;border:1px solid #8fb6d8;border-top:none;margin-top:2px}
.ps-veil{position:absolute;inset:0;z-index:5;display:flex;align-items:center;justify-content:center;padding:48px;text-align:center;font-size:16px;line-height:1.7;color:#dbeeff;background:rgba(5,14,28,.82)}
.ps-veil[hidden]{display:none}
.ps-veil p{max-width:560px;margin:0;padding:22px 28px;border:1px solid rgba(96,176,232,.5);border-radius:6px;background:rgba(8,26,48,.9)}
@media (prefers-reduced-motion:reduce){.ps-label{transition:none}}
`;

export function installStyle() {
  if (document.getElementById("park-scene-style")) return;
  const style = document.createElement("style");
  style.id = "park-scene-style";
  style.textContent = CSS;
  document.head.appendChild(style);
}

const tick = (angle, long) => `<line x1="50" y1="6" x2="50" y2="${long ? 14 : 10}" transform="rotate(${angle} 50 50)" stroke="#7fb2dc" stroke-width="${long ? 1.6 : 0.9}" opacity="${long ? 0.95 : 0.5}"/>`;

export class Hud {
  constructor(host, onNorth) {
    this.box = document.createElement("div");
    this.box.className = "ps-hud";
    const ticks = Array.from({ length: 24 }, (_, k) => tick(k * 15, k % 6 === 0)).join("");
    this.box.innerHTML = `<svg class="ps-compass" viewBox="0 0 100 100" role="img" aria-label="compass">
<circle cx="50" cy="50" r="46" fill="rgba(7,22,42,.72)" stroke="#3f7cad" stroke-width="1.4"/>
<g class="dial">${ticks}<path d="M50 15 L56 50 L50 46 L44 50 Z" fill="#ff6a5c"/><path d="M50 85 L56 50 L50 54 L44 50 Z" fill="#6f93b5"/>
<g class="wind" visibility="hidden"><path d="M50 30 L50 74 M43 66 L50 76 L57 66" fill="none" stroke="#61dcff" stroke-width="3.6" stroke-linecap="round" stroke-linejoin="round"/></g></g>
<text class="n" x="50" y="30" text-anchor="middle" font-size="13" font-weight="700" fill="#fff"></text></svg><div class="ps-wind"></div>`;
    this.dial = this.box.querySelector(".dial");
    this.letter = this.box.querySelector(".n");
    this.arrow = this.box.querySelector(".wind");
    this.windText = this.box.querySelector(".ps-wind");
    this.box.querySelector("svg").addEventListener("click", onNorth);
    this.scale = document.createElement("div");
    this.scale.className = "ps-scale";
    this.scale.innerHTML = "<span></span><i></i>";
    this.veil = document.createElement("div");
    this.veil.className = "ps-veil";
    this.veil.hidden = true;
    this.veil.innerHTML = "<p></p>";
    this.tip = document.createElement("div");
    this.tip.className = "ps-tip";
    this.tip.hidden = true;
    host.append(this.box, this.scale, this.veil, this.tip);
  }

  place([top, right, bottom, left]) {
    Object.assign(this.box.style, { right: `${right + 16}px`, bottom: `${bottom + 14}px` });
    Object.assign(this.scale.style, { left: `${left + 18}px`, bottom: `${bottom + 16}px` });
    this.top = top;
  }

  update(view, language, metresPerPixel, wind) {
    const w = words(language);
    this.dial.setAttribute("transform", `rotate(${-view.azimuth_deg} 50 50)`);
    const a = (-view.azimuth_deg * Math.PI) / 180;
    this.letter.textContent = w.north;
    this.letter.setAttribute("x", (50 + Math.sin(a) * 27).toFixed(1));
    this.letter.setAttribute("y", (50 - Math.cos(a) * 27 + 4.6).toFixed(1));
    this.arrow.setAttribute("visibility", wind ? "visible" : "hidden");
    // the arrow is drawn pointing south
    if (wind) this.arrow.setAttribute("transform", `rotate(${(wind.towards + 180).toFixed(1)} 50 50)`);
    this.windText.textContent = wind ? `${w.wind} ${wind.speed.toFixed(1)} m/s` : "";
    const target = metresPerPixel * 120;
    const ten = Math.pow(10, Math.floor(Math.log10(target)));
    const nice = [5, 2, 1].find((k) => k * ten <= target) * ten;
    this.scale.firstChild.textContent = nice >= 1000 ? `${nice / 1000} km` : `${nice} m`;
    this.scale.lastChild.style.width = `${(nice / metresPerPixel).toFixed(0)}px`;
  }

  say(text) {
    this.veil.hidden = !text;
    this.veil.firstChild.textContent = text ?? "";
  }

  hint(text, x, y) {
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text;
    this.tip.style.transform = `translate(${x + 14}px, ${y + 12}px)`;
  }
}
