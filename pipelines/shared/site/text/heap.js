/** A binary heap: `pop` gives the least of what was pushed, by the order `compare`; undefined when it is empty. */
export class Heap {
  constructor(compare) {
    Object.assign(this, {compare, items: []});
  }

  push(item) {
    const {items} = this;
    let place = items.push(item) - 1;
    for (let above; place && this.compare(item, items[(above = (place - 1) >> 1)]) < 0; place = above) {
      items[place] = items[above];
      items[above] = item;
    }
  }

  pop() {
    const [least, last] = [this.items[0], this.items.pop()];
    if (this.items.length) this.sink(last);
    return least;
  }

  /** Puts an item in the place of the least one, and on below those that are less. */
  sink(item) {
    const {items} = this;
    let place = 0;
    for (let below; (below = this.lesser(2 * place + 1)) < items.length; place = below) {
      if (this.compare(items[below], item) >= 0) break;
      items[place] = items[below];
    }
    items[place] = item;
  }

  /** The place of the lesser of two neighbours. */
  lesser(left) {
    const {items, compare} = this;
    return left + 1 < items.length && compare(items[left + 1], items[left]) < 0 ? left + 1 : left;
  }
}
