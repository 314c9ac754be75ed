//go:build cgo

package concord_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// The snippets that new users copy must compile as they stand: each Go block of
// the README is a whole program, built here without being written into the tree.
func TestReadmeSnippetsCompile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 2 {
		t.Fatalf("README has %d Go blocks, want at least a produce and a consume snippet", len(blocks))
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range blocks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			source := filepath.Join(dir, "main.go")
			if err := os.WriteFile(source, b[1], 0o600); err != nil {
				t.Fatal(err)
			}
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
				filepath.Join(root, "examples", "readme", "main.go"): source,
			}})
			if err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(dir, "overlay.json")
			if err := os.WriteFile(config, overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			vet := exec.Command("go", "build", "-o", os.DevNull, "-overlay", config, "./examples/readme")
			if out, err := vet.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}
