using Grpc.Core;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.Actors;

/// <summary>The refusals of the actor API.</summary>
internal static class ActorFaults
{
    public static DaprFault NoAddress(ActorKey actor) =>
        new("ERR_ACTOR_NO_ADDRESS", 404, StatusCode.FailedPrecondition, $"did not find address for actor {actor}: no connected app hosts actors of type '{actor.Type}'");

    public static DaprFault Reserved(string type) =>
        new("ERR_ACTOR_TYPE_RESERVED", 403, StatusCode.PermissionDenied, $"actor type '{type}' is reserved for the runtime");

    public static DaprFault InvokeFailed(string message) =>
        new("ERR_ACTOR_INVOKE_METHOD", 500, StatusCode.Internal, $"error invoke actor method: {message}");

    public static DaprFault StackDepth(StackDepthException e) => new("ERR_ACTOR_STACK_DEPTH", 500, StatusCode.Internal, e.Message);

    public static DaprFault InstanceMissing(ActorKey actor) =>
        new("ERR_ACTOR_INSTANCE_MISSING", 400, StatusCode.FailedPrecondition, $"actor {actor} is not active on this host");

    public static DaprFault NoStore() =>
        new("ERR_ACTOR_RUNTIME_NOT_FOUND", 500, StatusCode.FailedPrecondition, "the state store is not configured to use the actor runtime: set actorStateStore: \"true\" on one state store in scope");

    public static DaprFault SaveFailed(string message) =>
        new("ERR_ACTOR_STATE_TRANSACTION_SAVE", 500, StatusCode.Internal, $"error saving actor transaction state: {message}");

    public static DaprFault ReminderNotHosted(ActorKey actor) =>
        new("ERR_ACTOR_REMINDER_NON_HOSTED", 403, StatusCode.PermissionDenied, $"this app does not host actors of type '{actor.Type}'");

    public static DaprFault ReminderExists(ActorKey actor, string name) =>
        new("ERR_ACTOR_REMINDER_ALREADY_EXISTS", 409, StatusCode.AlreadyExists, $"reminder '{name}' of actor {actor} exists already");

    public static DaprFault ReminderMissing(ActorKey actor, string name) =>
        new("ERR_ACTOR_REMINDER_NOT_FOUND", 404, StatusCode.NotFound, $"actor {actor} has no reminder '{name}'");
}
