using SkyDriver.Sidecar.Hosting;
using SkyDriver.Sidecar.State;

namespace SkyDriver.Sidecar.Actors;

/// <summary>Actors: the API of the callers and of the actors themselves, over HTTP and gRPC.</summary>
internal sealed class ActorModule : ISidecarModule
{
    private const string ReservedPrefix = "dapr.internal.";

    public IAppEngine Create(AppGroup app) =>
        new ActorEngine(app, app.Scope.ActorStore is { } store and IKeyScan keys ? new ActorStore(store, keys) : null);

    public void MapHttp(IEndpointRouteBuilder routes) => ActorHttp.Map(routes);

    public void MapGrpc(IEndpointRouteBuilder routes) => ActorGrpc.Map(routes);

    /// <summary>The engine of the app that hosts a type: the caller's own first, then any other of this host.</summary>
    /// <exception cref="DaprFault">Nobody hosts it, or the name is the runtime's own.</exception>
    public static ActorEngine Locate(AppInstance caller, ActorKey actor)
    {
        RefuseReserved(actor.Type);
        var own = Own(caller);
        if (own.Hosts(actor.Type)) return own;
        foreach (var app in caller.App.Directory.Apps)
        {
            if (app.Engine<ActorEngine>() is { } engine && engine.Hosts(actor.Type)) return engine;
        }

        throw ActorFaults.NoAddress(actor);
    }

    /// <summary>The engine of the caller's app, for what actors do with what is theirs.</summary>
    public static ActorEngine Own(AppInstance caller) => caller.App.Engine<ActorEngine>() ?? throw ActorFaults.NoStore();

    public static void RefuseReserved(string type)
    {
        if (type.StartsWith(ReservedPrefix, StringComparison.OrdinalIgnoreCase)) throw ActorFaults.Reserved(type);
    }
}
