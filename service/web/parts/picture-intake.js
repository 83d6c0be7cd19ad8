/** @file A picture from outside: chosen as a file, dropped, or pasted. */

import { element } from "./element.js";

/**
 * @param {(blob: Blob) => void} onPicture
 */
export function pictureIntake(onPicture) {
  const input = element("input", {
    type: "file",
    accept: "image/*",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => take(input.files),
  });

  /** @param {FileList | null | undefined} files */
  function take(files) {
    const picture = [...(files ?? [])].find((file) => file.type.startsWith("image/"));
    if (picture) onPicture(picture);
  }

  /** @param {ClipboardEvent} event */
  function paste(event) {
    if (input.isConnected) take(event.clipboardData?.files);
    else removeEventListener("paste", paste);
  }

  addEventListener("paste", paste);
  return {
    input,
    /** Attributes of the element on which pictures may be dropped. */
    target: {
      ondragover: (/** @type {Event} */ event) => event.preventDefault(),
      ondrop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        take(event.dataTransfer?.files);
      },
    },
  };
}
