// pulumi-resource-tls: the TLS resource plugin, for sites that cannot download the official one.
//
// It bridges the same upstream provider under the same tokens and property names as the official plugin, so that the
// @pulumi/tls package cannot tell the difference.
package main

import (
	"embed"

	"github.com/hashicorp/terraform-provider-tls/shim"
	pfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"medassist/toolchain/plugins/framework"
)

const name = "tls"

// version is the version of @pulumi/tls in package.json; the build sets it by -ldflags "-X main.version=…".
var version = "0.0.0"

// generated holds schema.json and bridge-metadata.json once the first pass of the build has written them.
//
//go:embed all:generated
var generated embed.FS

func main() {
	framework.Main(name, generated, providerInfo)
}

// providerInfo maps the upstream provider to Pulumi's names, all of which the standard rule gives.
func providerInfo(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:            pfbridge.ShimProvider(shim.NewProvider()),
		Name:         name,
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata(metadata),
		// As the official plugin has it: a state that names no version of its schema is of version 0.
		EnableZeroDefaultSchemaVersion: true,
	}
	info.MustComputeTokens(tokens.SingleModule("tls_", "index", tokens.MakeStandard(name)))
	return info
}
