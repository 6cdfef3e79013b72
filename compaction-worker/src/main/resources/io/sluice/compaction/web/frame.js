// In a frame: tells the page around it how high this one is, and nothing else. Which pages may frame it, the policy says.
'use strict';
if (window.parent !== window) {
  document.documentElement.classList.add('framed');
  const tell = () => window.parent.postMessage({ sluiceFrameHeight: document.body.offsetHeight }, '*');
  window.addEventListener('load', tell);
  new ResizeObserver(tell).observe(document.body);
}
