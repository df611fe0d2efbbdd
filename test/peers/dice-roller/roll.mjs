// SPDX-License-Identifier: Apache-2.0
//
// Reads lines of {"notation": …, "faces": […]} and writes a line for each: the
// total that rpg-dice-roller comes to when its dice show these faces in this
// order, and how many of them it did not roll; or an error.
import {createInterface} from 'node:readline';
import {DiceRoll, NumberGenerator} from '@dice-roller/rpg-dice-roller';

let faces = [];

// The generator tells an engine the range of each die that it is about to roll.
const listed = {
  range: [],
  next() {
    if (faces.length === 0) throw new Error('a die is rolled that is not listed');
    return faces.shift() - this.range[0];
  },
};
NumberGenerator.generator.engine = listed;

for await (const line of createInterface({input: process.stdin})) {
  const request = JSON.parse(line);
  faces = request.faces;
  try {
    const roll = new DiceRoll(request.notation);
    console.log(JSON.stringify({total: roll.total, left: faces.length}));
  } catch (error) {
    console.log(JSON.stringify({error: String(error.message)}));
  }
}
