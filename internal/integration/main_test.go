package integration

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// enabled: the tests need downloads and a minute of two cores.
var enabled = os.Getenv("CONCORD_INTEGRATION") != ""

func TestMain(m *testing.M) {
	if !enabled {
		fmt.Println("NOT TRIED: Apache Kafka, Apicurio and clients in other languages. CONCORD_INTEGRATION=1 tries them; it needs Java 17, Maven, Python 3.11 and Node.js 20.")
	}
	code := m.Run()
	matrix.print()
	writeGoldens()
	endAll()
	os.Exit(code)
}

// need skips a test that is for the servers and clients of others.
func need(t testing.TB) {
	t.Helper()
	if !enabled {
		t.Skip("CONCORD_INTEGRATION is not set")
	}
}

var installs sync.Map // target to func() (string, error)

// installedFolder is the folder with what install.sh puts there for a target.
func installedFolder(target string) (string, error) {
	once, _ := installs.LoadOrStore(target, sync.OnceValues(func() (string, error) {
		install := exec.Command("./install.sh", target)
		var problems strings.Builder
		install.Stderr = &problems
		out, err := install.Output()
		if err != nil {
			return "", fmt.Errorf("install.sh %s: %w\n%s", target, err, problems.String())
		}
		return strings.TrimSpace(string(out)), nil
	}))
	return once.(func() (string, error))()
}

// installed is installedFolder. What cannot be installed is a failure, never a skip.
func installed(t testing.TB, target string) string {
	t.Helper()
	need(t)
	dir, err := installedFolder(target)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
