/** Where panels stand in Grafana's grid. */
import { type Extent, gridWidth } from "./view";

export interface Position {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What is laid out: its size, and the title of the row that it begins, if it begins one. */
export interface Placeable {
  readonly size: Extent;
  readonly row?: string | undefined;
}

export interface Placed<T> {
  readonly item: T;
  readonly at: Position;
  /** Where the title of its row stands, if it begins one. */
  readonly rowAt?: Position;
}

/**
 * From left to right, and on below the tallest of a line when a line is full or a row begins: the way text flows, so
 * that adding a panel moves only what comes after it.
 *
 * @throws RangeError if something is wider than the grid
 */
export function flow<T extends Placeable>(items: readonly T[]): readonly Placed<T>[] {
  let x = 0;
  let y = 0;
  let height = 0;
  const nextLine = () => {
    y += height;
    x = 0;
    height = 0;
  };
  return items.map((item) => {
    const [w, h] = item.size;
    if (w > gridWidth) throw new RangeError(`a panel is ${w} columns wide, but the grid has ${gridWidth}`);
    if (item.row !== undefined || x + w > gridWidth) nextLine();
    const rowAt = item.row === undefined ? undefined : { x: 0, y, w: gridWidth, h: 1 };
    if (rowAt) y += 1;
    const at = { x, y, w, h };
    x += w;
    height = Math.max(height, h);
    return { item, at, ...(rowAt ? { rowAt } : {}) };
  });
}
