// Command pbgen makes Go code of .proto files: it compiles them and runs protoc's Go
// plugin, so that neither go generate nor CI needs protoc.
//
//	pbgen -I DIR -module MODULE -out DIR [-plugin COMMAND] FILE...
//
// Files are named by their import paths below -I. MODULE is the import path that -out
// has. The plugin is any that speaks protoc's protocol.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pbgen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("pbgen", flag.ContinueOnError)
	root := flags.String("I", ".", "the `directory` that imports start from")
	module := flags.String("module", "", "the import `path` of -out")
	out := flags.String("out", ".", "the `directory` to write to")
	plugin := flags.String("plugin", "go run google.golang.org/protobuf/cmd/protoc-gen-go", "the plugin's `command`")
	parameter := flags.String("opt", "", "more `parameters` for the plugin")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 || *module == "" {
		return errors.New("-module and files are wanted")
	}
	request, err := compile(*root, flags.Args())
	if err != nil {
		return err
	}
	request.Parameter = proto.String(strings.Trim("module="+*module+","+*parameter, ","))
	response, err := ask(strings.Fields(*plugin), request)
	if err != nil {
		return err
	}
	for _, f := range response.GetFile() {
		name := filepath.Join(*out, filepath.FromSlash(f.GetName()))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// compile makes the request for the files and all that they import.
func compile(root string, files []string) (*pluginpb.CodeGeneratorRequest, error) {
	c := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := c.Compile(context.Background(), files...)
	if err != nil {
		return nil, err
	}
	request := &pluginpb.CodeGeneratorRequest{FileToGenerate: files}
	seen := make(map[string]bool)
	var add func(fd protoreflect.FileDescriptor)
	add = func(fd protoreflect.FileDescriptor) {
		if seen[fd.Path()] {
			return
		}
		seen[fd.Path()] = true
		for i := range fd.Imports().Len() {
			add(fd.Imports().Get(i).FileDescriptor)
		}
		var p *descriptorpb.FileDescriptorProto
		if known, ok := fd.(interface {
			FileDescriptorProto() *descriptorpb.FileDescriptorProto
		}); ok {
			p = known.FileDescriptorProto()
		} else {
			p = protodesc.ToFileDescriptorProto(fd)
		}
		request.ProtoFile = append(request.ProtoFile, p)
	}
	for _, fd := range compiled {
		add(fd)
	}
	return request, nil
}

// ask runs the plugin.
func ask(command []string, request *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	in, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	response := new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(out, response); err != nil {
		return nil, err
	}
	if response.Error != nil {
		return nil, errors.New(response.GetError())
	}
	return response, nil
}
