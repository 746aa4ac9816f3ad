package medassist;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.ResourceNotFoundException;
import org.elasticsearch.action.ActionListener;
import org.elasticsearch.action.datastreams.CreateDataStreamAction;
import org.elasticsearch.action.datastreams.DataStreamsActionUtil;
import org.elasticsearch.action.datastreams.DeleteDataStreamAction;
import org.elasticsearch.action.datastreams.GetDataStreamAction;
import org.elasticsearch.action.datastreams.GetDataStreamAction.Response.DataStreamInfo;
import org.elasticsearch.action.datastreams.GetDataStreamAction.Response.IndexProperties;
import org.elasticsearch.action.datastreams.GetDataStreamAction.Response.ManagedBy;
import org.elasticsearch.action.support.ActionFilters;
import org.elasticsearch.action.support.IndicesOptions;
import org.elasticsearch.action.support.TransportAction;
import org.elasticsearch.action.support.master.AcknowledgedResponse;
import org.elasticsearch.action.support.master.AcknowledgedTransportMasterNodeAction;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.ClusterStateUpdateTask;
import org.elasticsearch.cluster.ProjectState;
import org.elasticsearch.cluster.block.ClusterBlockException;
import org.elasticsearch.cluster.block.ClusterBlockLevel;
import org.elasticsearch.cluster.health.ClusterStateHealth;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.metadata.IndexNameExpressionResolver;
import org.elasticsearch.cluster.metadata.MetadataCreateDataStreamService;
import org.elasticsearch.cluster.metadata.MetadataCreateDataStreamService.CreateDataStreamClusterStateUpdateRequest;
import org.elasticsearch.cluster.metadata.MetadataDataStreamsService;
import org.elasticsearch.cluster.metadata.MetadataIndexTemplateService;
import org.elasticsearch.cluster.project.ProjectResolver;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.Priority;
import org.elasticsearch.common.Strings;
import org.elasticsearch.common.util.concurrent.EsExecutors;
import org.elasticsearch.index.Index;
import org.elasticsearch.injection.guice.Inject;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestUtils;
import org.elasticsearch.rest.action.RestToXContentListener;
import org.elasticsearch.tasks.Task;
import org.elasticsearch.threadpool.ThreadPool;
import org.elasticsearch.transport.TransportService;

/** {@code GET, PUT, DELETE /_data_stream}. Nothing manages these streams but who writes them: no lifecycle of either kind. */
public final class DataStreams {
    public static final class Get extends TransportAction<GetDataStreamAction.Request, GetDataStreamAction.Response> {
        private final ClusterService cluster;
        private final ProjectResolver projects;
        private final IndexNameExpressionResolver names;

        @Inject
        public Get(
            TransportService transport,
            ActionFilters filters,
            ClusterService cluster,
            ProjectResolver projects,
            IndexNameExpressionResolver names
        ) {
            super(GetDataStreamAction.NAME, filters, transport.getTaskManager(), EsExecutors.DIRECT_EXECUTOR_SERVICE);
            this.cluster = cluster;
            this.projects = projects;
            this.names = names;
        }

        @Override
        protected void doExecute(
            Task task,
            GetDataStreamAction.Request request,
            ActionListener<GetDataStreamAction.Response> listener
        ) {
            ActionListener.completeWith(listener, () -> {
                ProjectState state = projects.getProjectState(cluster.state());
                List<DataStreamInfo> found = new ArrayList<>();
                for (String name : resolve(names, state, request.getNames(), request.indicesOptions())) {
                    found.add(describe(state, state.metadata().dataStreams().get(name)));
                }
                return new GetDataStreamAction.Response(found);
            });
        }

        private static DataStreamInfo describe(ProjectState state, DataStream stream) {
            String[] indices = stream.getIndices().stream().map(Index::getName).toArray(String[]::new);
            String template = MetadataIndexTemplateService.findV2Template(state.metadata(), stream.getName(), false);
            String mode = stream.getIndexMode() == null ? "standard" : stream.getIndexMode().getName();
            Map<Index, IndexProperties> properties = new HashMap<>();
            for (Index index : stream.getIndices()) {
                properties.put(index, new IndexProperties(true, null, ManagedBy.UNMANAGED, mode));
            }
            var health = new ClusterStateHealth(state.cluster(), indices, state.projectId()).getStatus();
            return new DataStreamInfo(stream, false, health, template, null, null, properties, true, null, mode);
        }
    }

    public static final class Create extends AcknowledgedTransportMasterNodeAction<CreateDataStreamAction.Request> {
        private final ProjectResolver projects;
        private final MetadataCreateDataStreamService service;

        @Inject
        public Create(
            TransportService transport,
            ClusterService cluster,
            ThreadPool threads,
            ActionFilters filters,
            ProjectResolver projects,
            MetadataCreateDataStreamService service
        ) {
            super(
                CreateDataStreamAction.NAME, transport, cluster, threads, filters,
                CreateDataStreamAction.Request::new, EsExecutors.DIRECT_EXECUTOR_SERVICE
            );
            this.projects = projects;
            this.service = service;
        }

        @Override
        protected void masterOperation(
            Task task,
            CreateDataStreamAction.Request request,
            ClusterState state,
            ActionListener<AcknowledgedResponse> listener
        ) {
            service.createDataStream(
                new CreateDataStreamClusterStateUpdateRequest(
                    projects.getProjectId(), request.getName(), request.getStartTime(), null,
                    request.masterNodeTimeout(), request.ackTimeout()
                ),
                listener
            );
        }

        @Override
        protected ClusterBlockException checkBlock(CreateDataStreamAction.Request request, ClusterState state) {
            return state.blocks().globalBlockedException(projects.getProjectId(), ClusterBlockLevel.METADATA_WRITE);
        }
    }

    public static final class Delete extends AcknowledgedTransportMasterNodeAction<DeleteDataStreamAction.Request> {
        private final ProjectResolver projects;
        private final IndexNameExpressionResolver names;

        @Inject
        public Delete(
            TransportService transport,
            ClusterService cluster,
            ThreadPool threads,
            ActionFilters filters,
            ProjectResolver projects,
            IndexNameExpressionResolver names
        ) {
            super(
                DeleteDataStreamAction.NAME, transport, cluster, threads, filters,
                DeleteDataStreamAction.Request::new, EsExecutors.DIRECT_EXECUTOR_SERVICE
            );
            this.projects = projects;
            this.names = names;
        }

        @Override
        protected void masterOperation(
            Task task,
            DeleteDataStreamAction.Request request,
            ClusterState before,
            ActionListener<AcknowledgedResponse> listener
        ) {
            var project = projects.getProjectId();
            var update = new ClusterStateUpdateTask(Priority.HIGH, request.masterNodeTimeout()) {
                @Override
                public ClusterState execute(ClusterState current) {
                    ProjectState state = current.projectState(project);
                    Set<DataStream> found = new HashSet<>();
                    for (String name : resolve(names, state, request.getNames(), request.indicesOptions())) {
                        found.add(state.metadata().dataStreams().get(name));
                    }
                    if (!found.isEmpty()) {
                        return MetadataDataStreamsService.deleteDataStreams(state, found, clusterService.getSettings());
                    }
                    if (request.isWildcardExpressionsOriginallySpecified()) return current;
                    throw new ResourceNotFoundException("data streams " + Arrays.toString(request.getNames()) + " not found");
                }

                @Override
                public void clusterStateProcessed(ClusterState old, ClusterState now) {
                    listener.onResponse(AcknowledgedResponse.TRUE);
                }

                @Override
                public void onFailure(Exception problem) {
                    listener.onFailure(problem);
                }
            };
            clusterService.submitUnbatchedStateUpdateTask("delete data streams", update);
        }

        @Override
        protected ClusterBlockException checkBlock(DeleteDataStreamAction.Request request, ClusterState state) {
            return state.blocks().globalBlockedException(projects.getProjectId(), ClusterBlockLevel.METADATA_WRITE);
        }
    }

    /** Names of streams that patterns stand for; with security on, only those that the user may see are left by now. */
    private static List<String> resolve(
        IndexNameExpressionResolver names,
        ProjectState state,
        String[] patterns,
        IndicesOptions options
    ) {
        return DataStreamsActionUtil.getDataStreamNames(names, state.metadata(), patterns, options).stream().sorted().toList();
    }

    static final class Handler extends BaseRestHandler {
        @Override
        public String getName() {
            return "data_stream_action";
        }

        @Override
        public List<Route> routes() {
            return List.of(
                new Route(RestRequest.Method.GET, "/_data_stream"),
                new Route(RestRequest.Method.GET, "/_data_stream/{name}"),
                new Route(RestRequest.Method.PUT, "/_data_stream/{name}"),
                new Route(RestRequest.Method.DELETE, "/_data_stream/{name}")
            );
        }

        @Override
        protected RestChannelConsumer prepareRequest(RestRequest http, NodeClient client) {
            var wait = RestUtils.getMasterNodeTimeout(http);
            String name = http.param("name");
            String[] patterns = Strings.splitStringByCommaToArray(name);
            switch (http.method()) {
                case PUT -> {
                    var request = new CreateDataStreamAction.Request(
                        wait, RestUtils.getAckTimeout(http), name, Instant.now().toEpochMilli());
                    return channel -> client.execute(
                        CreateDataStreamAction.INSTANCE, request, new RestToXContentListener<>(channel));
                }
                case DELETE -> {
                    var request = new DeleteDataStreamAction.Request(wait, patterns);
                    request.indicesOptions(IndicesOptions.fromRequest(http, request.indicesOptions()));
                    return channel -> client.execute(
                        DeleteDataStreamAction.INSTANCE, request, new RestToXContentListener<>(channel));
                }
                default -> {
                    var request = new GetDataStreamAction.Request(wait, patterns);
                    request.indicesOptions(IndicesOptions.fromRequest(http, request.indicesOptions()));
                    return channel -> client.execute(
                        GetDataStreamAction.INSTANCE, request, new RestToXContentListener<>(channel));
                }
            }
        }
    }
}
