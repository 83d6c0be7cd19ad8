/** @file Every network that reads digits, below each other: each is loaded, shown and fails by itself. */

import { reframed } from "../arithmetic/receptive-field.js";
import { Newest } from "../newest.js";
import { element } from "../parts/element.js";
import { Fault, faultWords } from "../parts/fault.js";
import { ServiceError, featureMaps, model, models, predict, recognisers } from "../service.js";
import { drawnPicture } from "./drawn-picture.js";
import { NetworkView } from "./network.js";

/** @typedef {import("./network.js").Pin} Pin */

export class NetworkShelf {
  /**
   * @param {object} options
   * @param {import("../strings.js").Text} options.text
   * @param {Pin | null} options.pin
   * @param {number} options.pinnedIn place of the network whose cell is pinned
   * @param {(view: NetworkView, pin: Pin | null) => void} options.onPoint
   * @param {() => void} options.onPin
   * @param {() => void} options.onLoad there is one network more
   */
  constructor({ text, pin, pinnedIn, onPoint, onPin, onLoad }) {
    this.text = text;
    this.pin = pin;
    this.pinnedIn = pinnedIn;
    this.onPoint = onPoint;
    this.onPin = onPin;
    this.onLoad = onLoad;
    /** @type {(NetworkView | null)[]} null where one cannot be shown */
    this.networks = [];
    /** @type {string[]} the names of them all */
    this.names = [];
    /** The one that answers where none is named. */
    this.first = "";
    this.fault = new Fault(text);
    this.element = element("div", { class: "networks" }, this.fault.element);
    new Newest(() => this.load(), this.fault).ask(null);
  }

  /** The network whose cell is pinned. */
  get pinned() {
    return this.networks[this.pinnedIn] ?? null;
  }

  /** What to name, to be given the layers that are looked at: the network of the pinned cell; "" for the first. */
  get asked() {
    const name = this.pin ? (this.names[this.pinnedIn] ?? "") : "";
    return name === this.first ? "" : name;
  }

  /** What else could be named; none beside a cell, which is of one network. */
  get others() {
    return this.pin ? [] : this.names.filter((name) => name !== this.first);
  }

  async load() {
    const served = await recognisers();
    this.first = (await models()).default ?? "";
    this.names = served.map(({ name }) => name);
    this.networks = served.map(() => null);
    served.forEach(({ name, version }, index) => {
      const fault = new Fault(this.text, (error) => this.failed(error));
      const slot = element("section", { class: "network", "aria-label": name }, fault.element);
      this.element.append(slot);
      const loading = new Newest(async () => {
        const view = this.viewOf({ ...(await model(name)), version }, index);
        this.networks[index] = view;
        slot.replaceWith(view.element);
        this.onLoad();
      }, fault);
      loading.ask(null);
    });
  }

  /** @param {Awaited<ReturnType<typeof model>> & {version: string}} network @param {number} index */
  viewOf(network, index) {
    const view = new NetworkView({
      text: this.text,
      network,
      isFirst: network.name === this.first,
      onPoint: (shown) => this.onPoint(view, shown),
      onPin: (chosen) => {
        [this.pin, this.pinnedIn] = [chosen, index];
        this.networks.filter((other) => other !== view).forEach((other) => other?.release());
        this.onPin();
      },
    });
    view.pinned = index === this.pinnedIn ? this.pin : null;
    return view;
  }

  /**
   * Show the layers of each network; what one cannot show is its own fault.
   * @param {import("../drawing.js").Drawing} drawing
   * @param {boolean} isPrepared
   * @param {number[][]} input the prepared image
   * @param {import("../service.js").Prediction} prediction of the first network
   * @returns {Promise<boolean>} whether one may succeed later
   */
  async look(drawing, isPrepared, input, prediction) {
    let isLater = false;
    for (const network of this.networks) {
      if (!network) continue;
      const { size, name } = network;
      try {
        const picture = drawnPicture(drawing, { isPrepared, size });
        const how = { model: name, preprocess: isPrepared ? "auto" : "none" };
        const read = name === this.first ? prediction : await predict(picture, how);
        network.show(await featureMaps(picture, how), reframed(input, size), read);
        network.fail("");
      } catch (error) {
        network.fail(this.failed(error));
        isLater ||= error instanceof ServiceError && error.isPassing;
      }
    }
    return isLater;
  }

  clear() {
    this.networks.forEach((network) => network?.clear());
  }

  /** @param {unknown} error */
  failed(error) {
    return this.text("network_failed", { reason: faultWords(error, this.text) });
  }
}
