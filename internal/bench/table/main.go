// Table measures, and prints the medians as Markdown, how many times the first of its
// group each takes, and which of the bars are met.
//
//	go run ./table                     all of it, five rounds
//	go run ./table -bench Encode       some
//	go run ./table -in out.txt         what go test -bench, or -out, wrote before
//
// A round is all benchmarks once, so that what else the machine does for a while falls
// on all of them and not on five runs of one.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run() error {
	in := flag.String("in", "", "`file` with the output of go test -bench; - is standard input. Empty: measure")
	out := flag.String("out", "", "`file` to keep the measurements in")
	count := flag.Int("count", 5, "rounds")
	benchtime := flag.String("benchtime", "100ms", "for each benchmark in each round, as go test has it")
	pattern := flag.String("bench", ".", "which benchmarks, a regular expression")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("there are no arguments, only flags: %q", flag.Args())
	}
	text, err := measurements(*in, *pattern, *benchtime, *count)
	if err != nil {
		return err
	}
	if *out != "" {
		if err := os.WriteFile(*out, text, 0o644); err != nil {
			return err
		}
	}
	r := parse(string(text))
	if len(r.groups) == 0 {
		return fmt.Errorf("no benchmark was measured")
	}
	fmt.Print(r.markdown())
	fmt.Print(r.verdicts())
	return nil
}
