package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

const benchPackage = "github.com/concord-go/concord/internal/bench"

// measurements is the text that go test -bench prints: from a file, or of so many rounds.
func measurements(in, pattern, benchtime string, rounds int) ([]byte, error) {
	switch in {
	case "":
	case "-":
		return io.ReadAll(os.Stdin)
	default:
		return os.ReadFile(in)
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "bench.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, benchPackage).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go test -c: %w\n%s", err, out)
	}
	fmt.Fprintln(os.Stderr, "table: the codecs agree?")
	if out, err := exec.Command(binary).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("nothing is measured that does not do the same work: %w\n%s", err, out)
	}
	var all bytes.Buffer
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "table: round %d of %d\n", i+1, rounds)
		c := exec.Command(binary, "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", benchtime)
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("round %d: %w\n%s", i+1, err, out)
		}
		all.Write(out)
	}
	return all.Bytes(), nil
}
