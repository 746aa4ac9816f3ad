// Package shim opens the Terraform TLS provider to the plugin beside it.
//
// The provider's constructor lives in an `internal` package. Go lets a package import it when its own path is below
// the provider's module path, and this module's path is; the go.mod of the plugins points that path at this folder.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	upstream "github.com/hashicorp/terraform-provider-tls/internal/provider"
)

// NewProvider returns the upstream provider.
func NewProvider() provider.Provider {
	return upstream.New()
}
