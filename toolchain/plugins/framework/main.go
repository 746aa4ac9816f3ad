// Package framework is what the plugins of providers on Terraform's plugin framework have in common.
package framework

import (
	"context"
	"embed"
	"fmt"
	"os"

	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	pfgen "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// Main runs the plugin, or writes its schema when it is called with the argument `schema`: the first pass of its build.
//
// generated holds schema.json and bridge-metadata.json once that pass has written them.
func Main(name string, generated embed.FS, info func(metadata []byte) tfbridge.ProviderInfo) {
	if len(os.Args) > 1 && os.Args[1] == "schema" {
		pfgen.Main(name, info([]byte("{}")))
		return
	}
	read := func(file string) []byte {
		text, err := generated.ReadFile("generated/" + file)
		if err != nil {
			fmt.Fprintf(os.Stderr, "pulumi-resource-%s: built without its schema; see toolchain/README.md (two passes)\n", name)
			os.Exit(1)
		}
		return text
	}
	schema, metadata := read("schema.json"), read("bridge-metadata.json")
	pfbridge.Main(context.Background(), name, info(metadata), pfbridge.ProviderMetadata{PackageSchema: schema})
}
