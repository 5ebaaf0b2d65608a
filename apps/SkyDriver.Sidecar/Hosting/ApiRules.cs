using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>Which parts of the API a Configuration opens. Health and reflection are always open; what is denied beats what is allowed.</summary>
internal sealed class ApiRules
{
    private const string Http = "http", Grpc = "grpc";

    /// <summary>Words in the names of gRPC methods, and the part of the API they belong to; the first that fits counts.</summary>
    private static readonly (string Word, string Part)[] GrpcParts =
    [
        ("Actor", "actors"), ("InvokeService", "invoke"), ("InvokeBinding", "bindings"), ("Publish", "publish"), ("SubscribeTopicEvents", "subscribe"),
        ("State", "state"), ("Secret", "secrets"), ("Configuration", "configuration"), ("TryLock", "lock"), ("Unlock", "unlock"), ("Metadata", "metadata"), ("Shutdown", "shutdown"),
        ("Workflow", "workflows"), ("Job", "jobs"),
    ];

    private readonly IReadOnlyList<ApiRule> _allowedHttp, _allowedGrpc, _denied;

    private ApiRules(ConfigurationSpec configuration)
    {
        _allowedHttp = [.. configuration.AllowedApis.Where(r => r.Protocol is null or Http)];
        _allowedGrpc = [.. configuration.AllowedApis.Where(r => r.Protocol is null or Grpc)];
        _denied = configuration.DeniedApis;
    }

    /// <summary>Null when everything is open.</summary>
    public static ApiRules? Of(ConfigurationSpec configuration) =>
        configuration.AllowedApis.Count + configuration.DeniedApis.Count == 0 ? null : new(configuration);

    /// <param name="path">Such as <c>/v1.0/state/store/key</c>.</param>
    /// <param name="byHeader">The request names an app id in its header, so that its path is the app's.</param>
    public bool AllowsHttp(string path, bool byHeader)
    {
        string[] parts = path.Split('/', 4, StringSplitOptions.RemoveEmptyEntries);
        bool ofDapr = parts.Length >= 2 && parts[0].StartsWith("v1.0", StringComparison.Ordinal);
        if (!ofDapr) return !byHeader || Allows("invoke", "v1.0", Http, _allowedHttp);
        return parts[1] is "healthz" || Allows(parts[1], parts[0], Http, _allowedHttp);
    }

    /// <param name="path">Such as <c>/dapr.proto.runtime.v1.Dapr/GetState</c>.</param>
    public bool AllowsGrpc(string path)
    {
        int slash = path.LastIndexOf('/');
        string method = path[(slash + 1)..];
        if (path.StartsWith("/TaskHubSidecarService/", StringComparison.Ordinal)) return Allows("workflows", "v1", Grpc, _allowedGrpc);
        if (!path.StartsWith("/dapr.proto.", StringComparison.Ordinal)) return true;
        string part = Array.Find(GrpcParts, p => method.Contains(p.Word, StringComparison.Ordinal)).Part ?? method;
        string version = method.EndsWith("Alpha1", StringComparison.Ordinal) ? "v1alpha1" : method.EndsWith("Beta1", StringComparison.Ordinal) ? "v1beta1" : "v1";
        return Allows(part, version, Grpc, _allowedGrpc);
    }

    private bool Allows(string part, string version, string protocol, IReadOnlyList<ApiRule> allowed) =>
        !_denied.Any(r => (r.Protocol is null || r.Protocol == protocol) && Covers(r, part, version)) && (allowed.Count == 0 || allowed.Any(r => Covers(r, part, version)));

    private static bool Covers(ApiRule rule, string part, string version) =>
        rule.Name.Equals(part, StringComparison.OrdinalIgnoreCase) && (string.IsNullOrEmpty(rule.Version) || Plain(rule.Version) == Plain(version));

    /// <summary><c>v1.0-alpha1</c> of HTTP is <c>v1alpha1</c> of gRPC.</summary>
    private static string Plain(string version) => version.Replace(".0", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
