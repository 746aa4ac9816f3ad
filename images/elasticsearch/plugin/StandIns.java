package medassist;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.elasticsearch.action.datastreams.CreateDataStreamAction;
import org.elasticsearch.action.datastreams.DeleteDataStreamAction;
import org.elasticsearch.action.datastreams.GetDataStreamAction;
import org.elasticsearch.cluster.node.DiscoveryNodes;
import org.elasticsearch.features.NodeFeature;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.ActionPlugin;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.rest.RestHandler;

/**
 * What this platform uses of modules that are not published as Maven artifacts: rest-root (GET /), data-streams (their
 * own API; all else of them is in the server), and of analysis-common what the index of users and roles is made with.
 *
 * Each request is an action under upstream's name, so that roles decide about it as they do upstream.
 */
public final class StandIns extends Plugin implements ActionPlugin, AnalysisPlugin {
    @Override
    public Collection<ActionHandler> getActions() {
        return List.of(
            new ActionHandler(Root.TYPE, Root.Action.class),
            new ActionHandler(GetDataStreamAction.INSTANCE, DataStreams.Get.class),
            new ActionHandler(CreateDataStreamAction.INSTANCE, DataStreams.Create.class),
            new ActionHandler(DeleteDataStreamAction.INSTANCE, DataStreams.Delete.class)
        );
    }

    @Override
    public Collection<RestHandler> getRestHandlers(
        RestHandlersServices services,
        Supplier<DiscoveryNodes> nodes,
        Predicate<NodeFeature> hasFeature
    ) {
        return List.of(new Root.Handler(), new DataStreams.Handler());
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Analysis.filters;
    }

    @Override
    public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
        return Analysis.tokenizers;
    }
}
