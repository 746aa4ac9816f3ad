#!/bin/sh
# Modules that the security plugin wants to see but that are not published as Maven artifacts: the SAML library and the
# templates of Kibana's indices. Empty, but for the types that signatures of its classes mention. SAML is not used here.
set -e
stub() { # file, module, types
  file=$1 module=$2; shift 2
  work=$(mktemp -d)
  exports=
  for type; do
    package=${type%.*}
    mkdir -p "$work/$(echo "$package" | tr . /)"
    echo "package $package; public interface ${type##*.} {}" > "$work/$(echo "$type" | tr . /).java"
    exports="exports $package;"
  done
  echo "module $module { $exports }" > "$work/module-info.java"
  find "$work" -name '*.java' -exec javac -d "$work/classes" {} +
  jar --create --date=1980-01-01T00:00:02Z --file "$file" -C "$work/classes" .
}
security=$1/modules/x-pack-security
stub "$1/modules/x-pack-core/x-pack-template-resources-stub.jar" org.elasticsearch.xcore.templates
stub "$security/opensaml-core-stub.jar" org.opensaml.core org.opensaml.core.xml.XMLObject
stub "$security/opensaml-saml-stub.jar" org.opensaml.saml \
  org.opensaml.saml.saml2.core.RequestAbstractType org.opensaml.saml.saml2.core.StatusResponseType
for module in org.opensaml.saml.impl org.opensaml.security org.opensaml.security.impl org.opensaml.xmlsec \
  org.opensaml.xmlsec.impl net.shibboleth.utilities.java.support; do
  stub "$security/$module-stub.jar" $module
done
