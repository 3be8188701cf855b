"""How the training report looks beside what all pages share."""

STYLE = """
.headline { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1.25rem; }
.headline b {
  font-size: clamp(3.5rem, 11vw, 6rem); font-weight: 600; line-height: 1.1;
  letter-spacing: -.03em; font-variant-numeric: tabular-nums;
}
.headline span { max-width: 25rem; }
.mistakes {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr));
  gap: 1.25rem 1rem; padding: 0; margin: 1rem 0 0; list-style: none;
}
.mistakes img {
  width: 100%; aspect-ratio: 1; object-fit: contain; display: block;
  image-rendering: pixelated; border-radius: 6px; background: #000;
}
.mistakes figure { margin: 0; font-size: .875rem; line-height: 1.35; }
.mistakes b {
  display: block; font-weight: 600; color: var(--wrong); margin-top: .5rem;
}
dl.recipe {
  display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem;
  font-size: .875rem; margin: 1rem 0 0;
}
dl.recipe dd { overflow-wrap: anywhere; }
"""
