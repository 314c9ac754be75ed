package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/concord-go/concord/internal/avrogen"
	"github.com/concord-go/concord/registry"
)

const genUsage = `Usage: concord gen avro [FLAGS] [SCHEMA.avsc...]

Languages:

	avro       Go types and codecs for Avro schemas

"concord gen avro -h" lists the flags.
`

// runGen is "gen LANGUAGE".
func runGen(ctx context.Context, e *env, args []string) error {
	if len(args) == 0 {
		return usageError{"say for which language of schemas; there is avro: concord gen avro -o DIR SCHEMA.avsc..."}
	}
	switch args[0] {
	case "avro":
		return runGenAvro(ctx, e, args[1:])
	case "-h", "-help", "--help", "help":
		_, err := io.WriteString(e.stdout, genUsage)
		return err
	}
	return usageError{fmt.Sprintf("there is no language %q; there is avro", args[0])}
}

// genAvro is what the flags of "gen avro" say.
type genAvro struct {
	dir, pkg string
	registry string
	config   string
	subject  string
	version  registry.Version
	files    []string
}

func runGenAvro(ctx context.Context, e *env, args []string) error {
	g, err := parseGenAvro(e, args)
	if err != nil {
		return err
	}
	if g.pkg == "" {
		if g.pkg, err = packageOf(g.dir); err != nil {
			return usageError{err.Error()}
		}
	}
	sources, err := readSources(g.files)
	if err != nil {
		return err
	}
	if g.subject != "" {
		client, err := g.client()
		if err != nil {
			return err
		}
		fetched, err := fetchSources(ctx, client, registry.Subject(g.subject), g.version)
		if err != nil {
			return err
		}
		sources = append(fetched, sources...)
	}
	outputs, err := avrogen.Generate(sources, avrogen.Options{Package: g.pkg})
	if err != nil {
		return err
	}
	return avrogen.Write(g.dir, outputs)
}

// client is a client of the registry that the flags name.
func (g *genAvro) client() (*registry.Client, error) {
	config := make(map[string]string)
	if g.config != "" {
		var err error
		if config, err = readProperties(g.config); err != nil {
			return nil, err
		}
	}
	if g.registry != "" {
		config["schema.registry.url"] = g.registry
	}
	return registry.FromConfig(config)
}

func parseGenAvro(e *env, args []string) (g genAvro, err error) {
	var version string
	fs := flag.NewFlagSet("gen avro", flag.ContinueOnError)
	fs.StringVar(&g.dir, "o", "", "`directory` of the Go package to write into; it must be given")
	fs.StringVar(&g.pkg, "package", "", "`name` of the package; by default the directory's")
	fs.StringVar(&g.registry, "registry", "", "`URL` of a Schema Registry that has the schema; with -subject")
	fs.StringVar(&g.config, "registry-config", "", "`file` of lines key=value with the registry's URL, credentials and certificates, under the keys of Confluent's clients")
	fs.StringVar(&g.subject, "subject", "", "`name` of the registry's subject; what its schema refers to is fetched, too")
	fs.StringVar(&version, "version", "latest", "`number` of the subject's version, or latest")
	if err := parseWith(e, fs, args, "[SCHEMA.avsc...]"); err != nil {
		return g, err
	}
	versionGiven := false
	fs.Visit(func(f *flag.Flag) { versionGiven = versionGiven || f.Name == "version" })
	g.files = fs.Args()
	for _, name := range g.files {
		if len(name) > 1 && name[0] == '-' {
			return g, usageError{fmt.Sprintf("the flag %s stands after a schema: flags come first (a file of this name is ./%[1]s)", name)}
		}
	}
	switch {
	case g.dir == "":
		return g, usageError{"-o: say into which directory"}
	case (g.registry+g.config == "") != (g.subject == ""):
		return g, usageError{"-registry and -subject go together"}
	case versionGiven && g.subject == "":
		return g, usageError{"-version needs -registry and -subject"}
	case g.subject == "" && len(g.files) == 0:
		return g, usageError{"no schema is given: name files, or a -registry and a -subject"}
	}
	g.version = registry.LatestVersion
	if version != "latest" {
		n, err := strconv.ParseInt(version, 10, 32)
		if err != nil || n < 1 {
			return g, usageError{fmt.Sprintf("-version: want a number from 1, or latest, not %q", version)}
		}
		g.version = registry.Version(n)
	}
	return g, nil
}

// packageOf is the package's name for a directory.
func packageOf(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return avrogen.PackageName(filepath.Base(full))
}

// maxSchemaFile is more than a schema may have; what is larger is some other file.
const maxSchemaFile = 16 << 20

func readSources(files []string) ([]avrogen.Source, error) {
	var sources []avrogen.Source
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(io.LimitReader(f, maxSchemaFile))
		f.Close()
		if err != nil {
			return nil, err
		}
		sources = append(sources, avrogen.Source{Name: filepath.ToSlash(name), Text: string(text)})
	}
	return sources, nil
}
