// Package depcheck holds the import graph to DESIGN.md: who may import whom, and
// what is linked into the program of somebody who uses a part only.
package depcheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/concord-go/concord"

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Standard   bool
	CgoFiles   []string
	Imports    []string
	Deps       []string
}

// list runs go list with cgo on or off.
func list(t *testing.T, cgo string, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,CgoFiles,Imports,Deps"}, args...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	cmd.Dir = "../.."
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var found []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found
		} else if err != nil {
			t.Fatal(err)
		}
		found = append(found, p)
	}
}

// mayImport is, for each package, what of this module it may import; "*" is any.
// A package that is not in it may import nothing, so that a new one finds its
// place here first.
var mayImport = map[string][]string{
	"internal/cow": {}, "internal/zigzag": {}, "internal/flight": {}, "internal/backoff": {}, "internal/tally": {}, "internal/depcheck": {},
	"registry":             {"internal/backoff", "internal/cow", "internal/flight", "internal/tally"},
	"serde":                {"registry", "internal/cow", "internal/flight", "internal/zigzag"},
	"serde/serdetest":      {"serde", "registry"},
	"avro/wire":            {},
	"avro":                 {"avro/wire", "serde", "registry", "internal/cow", "internal/zigzag"},
	"internal/kafkaclient": {"serde"},
	"internal/kafkaconfig": {},
	"internal/inflight":    {},
	"internal/reroute":     {"internal/kafkaclient", "internal/kafkaconfig", "registry", "serde"},
	"internal/produce":     {"internal/flight", "internal/kafkaclient", "internal/tally"},
	"internal/ratelog":     {"internal/kafkaclient"},
	"internal/handle":      {"internal/backoff", "internal/inflight", "internal/kafkaclient", "internal/kafkaconfig", "internal/produce", "internal/ratelog", "internal/reroute", "registry", "serde"},
	"internal/consume":     {"internal/backoff", "internal/handle", "internal/inflight", "internal/kafkaclient", "internal/produce", "internal/ratelog", "internal/reroute"},
	"internal/transact":    {"internal/backoff", "internal/consume", "internal/handle", "internal/inflight", "internal/kafkaclient", "internal/produce"},
	"": {
		"internal/backoff", "internal/consume", "internal/handle", "internal/inflight", "internal/kafkaclient", "internal/kafkaclient/rdkafka", "internal/kafkaconfig",
		"internal/produce", "internal/reroute", "internal/transact", "registry", "serde",
	},
	"internal/kafkaclient/rdkafka":    {"internal/inflight", "internal/kafkaclient", "internal/kafkaconfig"},
	"internal/kafkaclient/clienttest": {"internal/kafkaclient"},
	"jsonschema":                      {"registry", "serde"},
	"protobuf":                        {"registry", "serde"},
	"protobuf/internal/testpb":        {},
	"internal/pbgen":                  {},
	"internal/registryserver":         {"registry", "avro", "jsonschema", "protobuf"},
	"registry/registrytest":           {"registry", "internal/registryserver"},
	"internal/devstack":               {"internal/registryserver"},
	"internal/avrogen":                {"avro"},
	"internal/cli":                    {"internal/avrogen", "internal/devstack", "registry"},

	"internal/avrogen/generated": {"avro", "avro/wire"},
	"cmd/concord":                {"internal/cli"},
	"telemetry/prom":             {"", "registry", "serde"},
	"telemetry/opentelemetry":    {"", "serde"},
	"internal/soak":              {"*"},
	"internal/integration":       {},
	"examples/quickstart":        {"*"},
	"examples/dynamic":           {"*"},
	"examples/jsonschema":        {"*"},
	"examples/generated":         {"*"},
	"examples/events":            {"*"},
	"examples/migration":         {"*"},
	"examples/internal/cluster":  {"*"},
	"examples/protobuf":          {"*"},
	"examples/protobuf/accounts": {},
	"examples/generated/orders":  {"avro", "avro/wire"},
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "1", "./...") {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		may, known := mayImport[name]
		if !known {
			t.Errorf("%s has no place in the import graph: say in mayImport what it may import", p.ImportPath)
		}
		for _, imp := range p.Imports {
			own, ok := strings.CutPrefix(imp, module)
			if own = strings.TrimPrefix(own, "/"); ok && !slices.Contains(may, own) && !slices.Contains(may, "*") {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, imp)
			}
			switch {
			case strings.HasPrefix(imp, "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"):
				t.Errorf("%s imports %s: it links a cloud SDK and has no contexts", p.ImportPath, imp)
			case strings.HasPrefix(imp, "github.com/confluentinc/") && name != "" && name != "internal/kafkaclient/rdkafka" && name != "internal/soak" && !strings.HasPrefix(name, "examples/"):
				t.Errorf("%s imports %s: only rdkafka, and the constructors of the root package, know librdkafka", p.ImportPath, imp)
			case strings.HasPrefix(imp, "github.com/twmb/franz-go") && name != "internal/devstack" && name != "internal/soak":
				t.Errorf("%s imports %s: only the dev stack has a broker", p.ImportPath, imp)
			case imp == "testing" && name != "registry/registrytest" && name != "serde/serdetest" && name != "internal/kafkaclient/clienttest":
				t.Errorf("%s links package testing into programs", p.ImportPath)
			}
		}
	}
}

// A service on another Kafka client links what registry, serde and avro need, and
// that is two small modules: the order of cache entries, and OAuth2.
func TestThePurePackagesLinkNextToNothing(t *testing.T) {
	t.Parallel()
	want := []string{
		"github.com/hashicorp/golang-lru/v2/internal", "github.com/hashicorp/golang-lru/v2/simplelru",
		"golang.org/x/oauth2", "golang.org/x/oauth2/clientcredentials", "golang.org/x/oauth2/internal",
	}
	var got []string
	for _, p := range list(t, "1", "-deps", "./registry", "./serde", "./avro") {
		if !p.Standard && !strings.HasPrefix(p.ImportPath, module) {
			got = append(got, p.ImportPath)
		}
		if !p.Standard && len(p.CgoFiles) > 0 || p.ImportPath == "testing" {
			t.Errorf("%s is linked", p.ImportPath)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("linked besides the standard library: %q, want %q", got, want)
	}
}

// Protobuf's runtime and a compiler come with Protobuf only, and nothing else does.
func TestProtobufLinksItsRuntimeAndACompiler(t *testing.T) {
	t.Parallel()
	may := []string{"google.golang.org/protobuf/", "github.com/bufbuild/protocompile", "golang.org/x/sync/semaphore", "github.com/hashicorp/golang-lru/v2/", "golang.org/x/oauth2"}
	for _, p := range list(t, "1", "-deps", "./protobuf") {
		if p.Standard || strings.HasPrefix(p.ImportPath, module) {
			continue
		}
		if !slices.ContainsFunc(may, func(prefix string) bool { return strings.HasPrefix(p.ImportPath, prefix) }) || len(p.CgoFiles) > 0 {
			t.Errorf("package protobuf links %s", p.ImportPath)
		}
	}
}

func TestTheCommandNeedsNoCgo(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "0", "-deps", "./cmd/concord") {
		if strings.HasPrefix(p.ImportPath, "github.com/confluentinc/") || p.ImportPath == module || p.ImportPath == "testing" {
			t.Errorf("cmd/concord links %s", p.ImportPath)
		}
	}
}

// The engine knows no Kafka client, and needs no cgo.
func TestTheEngineKnowsNoClient(t *testing.T) {
	t.Parallel()
	engine := []string{"./internal/kafkaclient", "./internal/kafkaconfig", "./internal/inflight", "./internal/reroute", "./internal/produce", "./internal/handle", "./internal/consume", "./internal/transact"}
	for _, p := range list(t, "1", append([]string{"-deps"}, engine...)...) {
		if p.ImportPath == module || strings.HasPrefix(p.ImportPath, "github.com/confluentinc/") || strings.HasPrefix(p.ImportPath, "github.com/twmb/") || !p.Standard && len(p.CgoFiles) > 0 {
			t.Errorf("the engine links %s", p.ImportPath)
		}
	}
}

// Without cgo the root package has all but the constructors for librdkafka, in whose place the compiler says what is
// missing.
func TestTheRootBuildsWithoutCgo(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "0", "-deps", ".") {
		if strings.HasPrefix(p.ImportPath, "github.com/confluentinc/") {
			t.Errorf("without cgo the root package links %s", p.ImportPath)
		}
	}
	cmd := exec.Command("go", "build", "-o", os.DevNull, "./internal/depcheck/testdata/nocgo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Dir = "../.."
	out, err := cmd.CombinedOutput()
	if err == nil || strings.Count(string(out), "needs cgo and a C compiler, or use package franz") != 2 || bytes.Contains(out, []byte("undefined: concord")) {
		t.Errorf("%v\n%s", err, out)
	}
}
