// What a reader sees of an element: text that is hidden, clipped, cut off, off the page, too small, transparent, in the colour of its
// ground, covered, turned or drawn in other letters is not seen, nor is what a screen reader leaves out. Styles are read once for each
// element. Not here: what a style sheet draws itself (`content`, pictures).

const LEAST_OPACITY = 0.6;
const LEAST_FONT = 6;
const LEAST_CONTRAST = 1.5;

// Styles by which other letters than those of the text are seen, or none. A browser that lacks one has no value for it.
const USUAL = {
  transform: "none", rotate: "none", scale: "none", offsetPath: "none", filter: "none", clipPath: "none", clip: "auto", maskImage: "none",
  mixBlendMode: "normal", webkitTextSecurity: "none", webkitTextStrokeWidth: "0px", textEmphasisStyle: "none", textTransform: "none",
};
// Lines through a text may be as thick as this, and letters as close.
const [MOST_LINE, LEAST_SPACE] = [3, -1];

function usual(style, e) {
  // that of the whole page is of a browser which darkens it
  const odd = Object.keys(USUAL).filter((name) => ![undefined, "", USUAL[name]].includes(style[name]));
  const others = odd.filter((name) => name !== "filter" || e !== document.documentElement);
  const over = style.outlineStyle !== "none" && parseFloat(style.outlineOffset) < 0;
  const lines = parseFloat(style.textDecorationThickness) > MOST_LINE || parseFloat(style.letterSpacing) < LEAST_SPACE;
  return others.length === 0 && !over && !lines && !/override/.test(style.unicodeBidi);
}

// Red, green, blue and opacity of a computed colour; null in a notation that is not read.
function colour(text) {
  const parts = /^rgba?\(/.test(text) && text.match(/[\d.]+/g);
  return parts ? [...parts, 1].slice(0, 4).map(Number) : null;
}

function light([r, g, b]) {
  const [x, y, z] = [r, g, b].map((v) => (v /= 255) && (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z + 0.05;
}

const around = (node) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect();
};
const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;
const meet = (a, b) => a.left < b.right - 1 && a.right > b.left + 1 && a.top < b.bottom - 1 && a.bottom > b.top + 1;

export class Sight {
  // `came`: the elements that came with the page. Others are of this browser's extensions: what those cover, the server does not hide.
  constructor(came) {
    this.came = came;
  }

  known = new Map(); // element: its style, whether nothing hides it, and the elements that clip it
  seen = new Map(); // element: whether all of it is seen

  of(e) {
    if (!this.known.has(e)) this.known.set(e, this.read(e));
    return this.known.get(e);
  }

  read(e) {
    const style = getComputedStyle(e);
    const above = e.parentElement ? this.of(e.parentElement) : { plain: true, clips: [], ground: null };
    const said = e.getAttribute("aria-hidden") !== "true" && !e.inert;
    const plain = above.plain && said && usual(style, e) && style.display !== "none" && Number(style.opacity) >= LEAST_OPACITY;
    // what the window scrolls is not clipped
    const clip = e.parentElement && e !== document.body && `${style.overflowX}${style.overflowY}` !== "visiblevisible";
    const own = style.backgroundImage !== "none" ? "picture" : colour(style.backgroundColor);
    const ground = own === "picture" || own?.[3] > 0.5 ? own : above.ground;
    return { style, plain, clips: clip ? [...above.clips, e] : above.clips, ground };
  }

  // Elements out of the flow that paint something: they may cover others.
  get covers() {
    const out = (e) => {
      const { position, transform, backgroundColor, backgroundImage } = getComputedStyle(e);
      const moved = /absolute|fixed|sticky/.test(position) || transform !== "none";
      return moved && (backgroundImage !== "none" || colour(backgroundColor)?.[3] !== 0 || /^(img|svg|canvas|video|iframe|object)$/i.test(e.tagName));
    };
    const found = [...document.body.querySelectorAll(":not(svg *)")].filter((e) => this.came.has(e) && out(e)).map((e) => [e, e.getBoundingClientRect()]);
    Object.defineProperty(this, "covers", { value: found });
    return found;
  }

  // Whether a reader can see all of an element.
  whole(e) {
    if (!this.seen.has(e)) this.seen.set(e, this.look(e));
    return this.seen.get(e);
  }

  look(e) {
    if (e.checkVisibility && !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    const { style, plain, clips, ground } = this.of(e);
    if (!plain || style.visibility !== "visible" || parseFloat(style.fontSize) < LEAST_FONT) return false;
    // a reader who has set colours of his own sees those
    const forced = style.forcedColorAdjust !== "none" && matchMedia("(forced-colors: active)").matches;
    const ink = forced ? [] : [style.color, style.webkitTextFillColor ?? style.color].map(colour);
    if (ink.some((c) => c?.[3] < 0.5)) return false;
    if (ink.some((c) => c && Array.isArray(ground) && contrast(c, ground) < LEAST_CONTRAST)) return false;
    const box = around(e);
    const { scrollWidth } = document.documentElement;
    if (box.width < 1 || box.height < 1 || box.right + scrollX <= 0 || box.left + scrollX >= scrollWidth || box.bottom + scrollY <= 0) return false;
    if (clips.some((c) => !inside(box, c.getBoundingClientRect()) || (c === e && c.scrollWidth > c.clientWidth + 1))) return false;
    return !this.covers.some(([c, at]) => meet(box, at) && !c.contains(e) && !e.contains(c));
  }

  // The texts of an element that are seen, one after the other. A number is in one piece: parts of it may be drawn apart.
  words(e) {
    const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    let text = "";
    while (walk.nextNode()) {
      const { data, parentElement } = walk.currentNode;
      if (!data.trim() || this.whole(parentElement)) text += (/[\d.,]$/.test(text) && /^[.,]?\d/.test(data) ? " " : "") + data;
    }
    return text.trim();
  }
}

function contrast(a, b) {
  const [x, y] = [light(a), light(b)];
  return Math.max(x, y) / Math.min(x, y);
}
