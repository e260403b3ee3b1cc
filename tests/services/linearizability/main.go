// Reads a history of operations, one JSON object a line, and says whether it is linearizable:
// whether each operation can have happened at one moment between its call and its return.
//
// A client that never learnt what became of its operation recorded it as unknown: it can have
// happened at any later time, or not at all. Its return is then put after everything else, where it
// harms nobody if it did not happen.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

type operation struct {
	Client   int    `json:"client"`
	Kind     string `json:"kind"` // get, set, swap, increment
	Key      string `json:"key"`
	Value    string `json:"value"`    // what is set, or what get saw
	Present  bool   `json:"present"`  // whether get saw a value, or swap expected one
	Expected string `json:"expected"` // by swap
	Swapped  bool   `json:"swapped"`
	Number   int64  `json:"number"` // what is added
	Sum      int64  `json:"sum"`
	Call     int64  `json:"call"`
	Return   int64  `json:"return"`
	Unknown  bool   `json:"unknown"`
}

// What one key has.
type state struct {
	present bool
	value   string
	number  int64
}

func step(current any, input any, _ any) (bool, any) {
	now, op := current.(state), input.(operation)
	switch op.Kind {
	case "get":
		return op.Present == now.present && (!op.Present || op.Value == now.value), now
	case "set":
		return true, state{present: true, value: op.Value}
	case "swap":
		fits := op.Present == now.present && (!op.Present || op.Expected == now.value)
		if !op.Unknown && fits != op.Swapped {
			return false, now
		}
		if fits {
			return true, state{present: true, value: op.Value}
		}
		return true, now
	case "increment":
		next := state{present: true, number: now.number + op.Number}
		return op.Unknown || next.number == op.Sum, next
	}
	return false, now
}

func byKey(history []porcupine.Operation) [][]porcupine.Operation {
	keys := map[string][]porcupine.Operation{}
	for _, op := range history {
		key := op.Input.(operation).Key
		keys[key] = append(keys[key], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range keys {
		parts = append(parts, part)
	}
	return parts
}

func read(path string) ([]porcupine.Operation, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var operations []operation
	var last int64
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var op operation
		if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
			return nil, fmt.Errorf("%q: %w", lines.Text(), err)
		}
		last = max(last, op.Call, op.Return)
		operations = append(operations, op)
	}
	var history []porcupine.Operation
	for i, op := range operations {
		client := op.Client
		if op.Unknown {
			// The client went on, so the operation gets one of its own.
			op.Return = last + 1
			client = 1000 + i
		}
		history = append(history, porcupine.Operation{
			ClientId: client, Input: op, Output: nil, Call: op.Call, Return: op.Return})
	}
	return history, lines.Err()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: linearizability HISTORY")
		os.Exit(2)
	}
	history, err := read(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	model := porcupine.Model{
		Partition: byKey,
		Init:      func() any { return state{} },
		Step:      step,
	}
	result := porcupine.CheckOperationsTimeout(model, history, 120*time.Second)
	fmt.Printf("%d operations: %v\n", len(history), result)
	if result != porcupine.Ok {
		os.Exit(1)
	}
}
