namespace SkyDriver.Sidecar.Hosting;

/// <summary>A part of the Dapr API that keeps something running for each app id, such as actors or workflows.</summary>
internal interface ISidecarModule
{
    /// <summary>Creates the engine of one app id, before its first instance; its replicas share it.</summary>
    /// <returns>Null when there is nothing to run for this app.</returns>
    IAppEngine? Create(AppGroup app);

    /// <summary>Adds the module's routes of the HTTP port. <c>context.Instance()</c> says whose sidecar was called.</summary>
    void MapHttp(IEndpointRouteBuilder routes);

    /// <summary>Adds the module's methods of the gRPC port. <c>call.HttpContext.Instance()</c> says whose sidecar was called.</summary>
    void MapGrpc(IEndpointRouteBuilder routes);
}

/// <summary>What runs for one app id; ends with the last use of the app id, when the host stops.</summary>
internal interface IAppEngine : IAsyncDisposable
{
    /// <summary>An instance is there and, if it has a port, takes connections. Completes before the instance gets messages.</summary>
    Task AddInstanceAsync(AppInstance instance, CancellationToken ct);

    /// <summary>An instance is about to leave in order: what it has under way may come to an end. Its host bounds the wait.</summary>
    Task DrainInstanceAsync(AppInstance instance) => Task.CompletedTask;

    /// <summary>An instance left; <see cref="AppInstance.Gone"/> has fired before.</summary>
    Task RemoveInstanceAsync(AppInstance instance);

    /// <summary>Adds what the metadata API tells about this engine.</summary>
    void Describe(AppInstance instance, EngineMetadata metadata);
}

/// <summary>What engines contribute to the metadata API.</summary>
internal sealed class EngineMetadata
{
    public List<(string Type, int Count)> ActiveActors { get; } = [];

    /// <summary>Whether the app hosts actors and they are ready.</summary>
    public bool ActorHostReady { get; set; }

    /// <summary>Open streams of workflow workers.</summary>
    public int WorkflowWorkers { get; set; }
}

internal static class InstanceFeature
{
    /// <summary>The instance whose sidecar received this request.</summary>
    public static AppInstance Instance(this HttpContext context) => context.Features.Get<AppInstance>()!;

    /// <summary>The app id whose sidecar received this request.</summary>
    public static AppGroup App(this HttpContext context) => context.Instance().App;
}
