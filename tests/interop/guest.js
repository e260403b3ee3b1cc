// The component of interop.wit in JavaScript.
import { set, get } from 'keyvalue:store/store@0.1.0';

export function roundTrip(key, value) {
  set(key, value); // throws what the store says: the result's error
  return get(key);
}

export function reverse(points) {
  return points.reverse();
}

export function area(of) {
  if (of.tag === 'circle') return Math.PI * of.val * of.val;
  throw of.tag === 'named' ? `no area of ${of.val}` : 'nothing has no area';
}

export function both(a, b) {
  return { read: a.read || b.read, write: a.write || b.write };
}
