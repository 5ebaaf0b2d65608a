using System.Reflection;
using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using SkyDriver.Grpc.Protos.Runtime;
using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.Resources;

namespace SkyDriver.Sidecar.Api;

/// <summary>What a sidecar tells about itself, and the request to stop it.</summary>
internal static class MetadataApi
{
    private static readonly string[] Writes = ["POST", "PUT"];
    private static readonly string Version = typeof(MetadataApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static void MapHttp(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1.0/metadata", (RequestDelegate)(context => context.WriteJsonAsync(writer => Write(writer, context.Sidecar()))));
        routes.MapMethods("/v1.0/metadata/{key}", Writes, (RequestDelegate)SetAsync);
        routes.MapMethods("/v1.0/shutdown", Writes, (RequestDelegate)Shutdown);
    }

    public static void MapGrpc(IEndpointRouteBuilder routes)
    {
        routes.MapDapr("GetMetadata", GetMetadataRequest.Parser, (_, sidecar, _) => Task.FromResult(Describe(sidecar)));
        routes.MapDapr("SetMetadata", SetMetadataRequest.Parser, (request, sidecar, _) =>
        {
            if (request.Key.Length == 0) throw DaprErrors.MalformedRequest("key is missing from the request");
            sidecar.Attributes[request.Key] = request.Value;
            return Task.FromResult(new Empty());
        });
        routes.MapDapr("Shutdown", ShutdownRequest.Parser, (_, sidecar, _) =>
        {
            sidecar.AskToStop();
            return Task.FromResult(new Empty());
        });
    }

    private static async Task SetAsync(HttpContext context)
    {
        context.Sidecar().Attributes[context.Route("key")] = Encoding.UTF8.GetString(await context.ReadBodyAsync());
        await context.WriteNothing();
    }

    private static Task Shutdown(HttpContext context)
    {
        context.Sidecar().AskToStop(atOnce: context.Request.Headers["dapr-force-shutdown"].ToString().Equals("true", StringComparison.OrdinalIgnoreCase));
        return context.WriteNothing();
    }

    private static GetMetadataResponse Describe(InstanceSidecar sidecar)
    {
        EngineMetadata engines = Engines(sidecar);
        GetMetadataResponse response = new()
        {
            Id = sidecar.Instance.AppId,
            RuntimeVersion = Version,
            AppConnectionProperties = new AppConnectionProperties
            {
                Port = sidecar.Settings.AppPort,
                Protocol = sidecar.Settings.AppProtocol,
                ChannelAddress = sidecar.Settings.AppChannelAddress,
                MaxConcurrency = Math.Max(sidecar.Settings.AppMaxConcurrency, 0),
            },
            Scheduler = new MetadataScheduler(),
            ActorRuntime = new ActorRuntime
            {
                RuntimeStatus = engines.ActorHostReady ? ActorRuntime.Types.ActorRuntimeStatus.Running : ActorRuntime.Types.ActorRuntimeStatus.Disabled,
                HostReady = engines.ActorHostReady,
            },
            Workflows = new MetadataWorkflows { ConnectedWorkers = engines.WorkflowWorkers },
        };
        if (sidecar.Settings.HealthCheck is { } health)
        {
            response.AppConnectionProperties.Health = new AppConnectionHealthProperties
            {
                HealthCheckPath = health.Path,
                HealthProbeInterval = GoDuration.Format(health.Interval),
                HealthProbeTimeout = GoDuration.Format(health.Timeout),
                HealthThreshold = health.Threshold,
            };
        }

        response.EnabledFeatures.Add(Features(sidecar));
        response.ActorRuntime.ActiveActors.Add(engines.ActiveActors.Select(a => new ActiveActorsCount { Type = a.Type, Count = a.Count }));
        foreach (ComponentSpec spec in sidecar.Components.Specs)
        {
            RegisteredComponents component = new() { Name = spec.Name, Type = spec.Type, Version = spec.Version };
            component.Capabilities.Add(Capabilities(spec));
            response.RegisteredComponents.Add(component);
        }

        foreach ((string key, string value) in sidecar.Attributes) response.ExtendedMetadata[key] = value;
        foreach (SubscriptionSpec spec in sidecar.Subscriptions.Specs) response.Subscriptions.Add(Describe(spec));
        return response;
    }

    private static PubsubSubscription Describe(SubscriptionSpec spec)
    {
        PubsubSubscription subscription = new()
        {
            PubsubName = spec.PubSub,
            Topic = spec.Topic,
            DeadLetterTopic = spec.DeadLetterTopic ?? "",
            Rules = new PubsubSubscriptionRules(),
            Type = spec.Origin switch
            {
                "DECLARATIVE" => PubsubSubscriptionType.Declarative,
                "PROGRAMMATIC" => PubsubSubscriptionType.Programmatic,
                _ => PubsubSubscriptionType.Streaming,
            },
        };
        foreach ((string key, string value) in spec.Metadata) subscription.Metadata[key] = value;
        subscription.Rules.Rules.Add(spec.Routes.Select(r => new PubsubSubscriptionRule { Match = r.Match ?? "", Path = r.Path }));
        return subscription;
    }

    private static void Write(Utf8JsonWriter writer, InstanceSidecar sidecar)
    {
        EngineMetadata engines = Engines(sidecar);
        writer.WriteStartObject();
        writer.WriteString("id", sidecar.Instance.AppId);
        writer.WriteString("runtimeVersion", Version);
        WriteList(writer, "enabledFeatures", Features(sidecar), static (w, feature) => w.WriteStringValue(feature));
        WriteList(writer, "components", sidecar.Components.Specs, WriteComponent);
        writer.WriteStartObject("extended");
        foreach ((string key, string value) in sidecar.Attributes) writer.WriteString(key, value);
        writer.WriteEndObject();
        WriteList(writer, "subscriptions", sidecar.Subscriptions.Specs, WriteSubscription);
        WriteList(writer, "actors", engines.ActiveActors, WriteActors);
        writer.WriteStartObject("actorRuntime");
        writer.WriteString("runtimeStatus", engines.ActorHostReady ? "RUNNING" : "DISABLED");
        WriteList(writer, "activeActors", engines.ActiveActors, WriteActors);
        writer.WriteBoolean("hostReady", engines.ActorHostReady);
        writer.WriteString("placement", "");
        writer.WriteEndObject();
        WriteApp(writer, sidecar.Settings);
        writer.WriteStartObject("scheduler");
        writer.WriteStartArray("connected_addresses");
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteStartObject("workflows");
        writer.WriteNumber("connectedWorkers", engines.WorkflowWorkers);
        writer.WriteEndObject();
        writer.WriteStartArray("httpEndpoints");
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteList<T>(Utf8JsonWriter writer, string name, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        writer.WriteStartArray(name);
        foreach (T item in items) write(writer, item);
        writer.WriteEndArray();
    }

    private static void WriteComponent(Utf8JsonWriter writer, ComponentSpec spec)
    {
        writer.WriteStartObject();
        writer.WriteString("name", spec.Name);
        writer.WriteString("type", spec.Type);
        writer.WriteString("version", spec.Version);
        WriteList(writer, "capabilities", Capabilities(spec), static (w, capability) => w.WriteStringValue(capability));
        writer.WriteEndObject();
    }

    private static void WriteActors(Utf8JsonWriter writer, (string Type, int Count) actors)
    {
        writer.WriteStartObject();
        writer.WriteString("type", actors.Type);
        writer.WriteNumber("count", actors.Count);
        writer.WriteEndObject();
    }

    private static void WriteSubscription(Utf8JsonWriter writer, SubscriptionSpec spec)
    {
        writer.WriteStartObject();
        writer.WriteString("pubsubname", spec.PubSub);
        writer.WriteString("topic", spec.Topic);
        writer.WriteStartObject("metadata");
        foreach ((string key, string value) in spec.Metadata) writer.WriteString(key, value);
        writer.WriteEndObject();
        WriteList(writer, "rules", spec.Routes, static (w, rule) =>
        {
            w.WriteStartObject();
            w.WriteString("match", rule.Match ?? "");
            w.WriteString("path", rule.Path);
            w.WriteEndObject();
        });
        writer.WriteString("deadLetterTopic", spec.DeadLetterTopic ?? "");
        writer.WriteString("type", spec.Origin);
        writer.WriteEndObject();
    }

    private static void WriteApp(Utf8JsonWriter writer, InstanceSettings settings)
    {
        writer.WriteStartObject("appConnectionProperties");
        if (settings.AppPort > 0) writer.WriteNumber("port", settings.AppPort);
        writer.WriteString("protocol", settings.AppProtocol);
        writer.WriteString("channelAddress", settings.AppChannelAddress);
        if (settings.AppMaxConcurrency > 0) writer.WriteNumber("maxConcurrency", settings.AppMaxConcurrency);
        if (settings.HealthCheck is { } health)
        {
            writer.WriteStartObject("health");
            writer.WriteString("healthCheckPath", health.Path);
            writer.WriteString("healthProbeInterval", GoDuration.Format(health.Interval));
            writer.WriteString("healthProbeTimeout", GoDuration.Format(health.Timeout));
            writer.WriteNumber("healthThreshold", health.Threshold);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static IEnumerable<string> Features(InstanceSidecar sidecar) => sidecar.Resources.Configuration.Features.Where(f => f.Value).Select(f => f.Key);

    private static EngineMetadata Engines(InstanceSidecar sidecar)
    {
        EngineMetadata metadata = new();
        foreach (IAppEngine engine in sidecar.Instance.App.Engines) engine.Describe(sidecar.Instance, metadata);
        return metadata;
    }

    private static string[] Capabilities(ComponentSpec spec) => spec.Block is "state" ? ["ETAG", "TRANSACTIONAL", "TTL", "ACTOR"] : [];
}
