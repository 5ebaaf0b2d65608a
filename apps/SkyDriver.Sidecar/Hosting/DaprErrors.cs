using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Rpc;

namespace SkyDriver.Sidecar.Hosting;

/// <summary>The table of refusals that are no engine's and no store's: error code, HTTP status and gRPC status of each, as Dapr has them.</summary>
internal static class DaprErrors
{
    private static readonly JsonFormatter Details = new(JsonFormatter.Settings.Default.WithTypeRegistry(TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor)));

    public static DaprFault Unimplemented(string what) => new("ERR_API_UNIMPLEMENTED", 501, StatusCode.Unimplemented, $"{what} is not implemented by this sidecar");

    public static DaprFault MalformedRequest(string why) => new("ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, $"failed deserializing request: {why}");

    public static DaprFault BodyTooLarge(long limit) => new("ERR_BODY_TOO_LARGE", 413, StatusCode.ResourceExhausted, $"the body is larger than {limit} bytes (--max-body-size)");

    public static DaprFault InvalidToken() => new("ERR_UNAUTHENTICATED", 401, StatusCode.Unauthenticated, "invalid api token");

    public static DaprFault NotReady(string why) => new("ERR_HEALTH_NOT_READY", 500, StatusCode.Unavailable, $"dapr is not ready: {why}");

    public static DaprFault OutboundNotReady(string why) => new("ERR_OUTBOUND_HEALTH_NOT_READY", 500, StatusCode.Unavailable, $"dapr outbound is not ready: {why}");

    public static DaprFault WrongAppId(string asked) => new("ERR_HEALTH_APPID_NOT_MATCH", 500, StatusCode.InvalidArgument, $"the app id is not {asked}");

    public static DaprFault ApiDenied() => new("ERR_API_DENIED", 404, StatusCode.Unimplemented, "requested endpoint is not available");

    public static DaprFault PubSubNotConfigured() => new("ERR_PUBSUB_NOT_CONFIGURED", 400, StatusCode.FailedPrecondition, "no pubsub is configured for this app; check the scopes of the components");

    public static DaprFault PubSubNotFound(string pubsub) => new("ERR_PUBSUB_NOT_FOUND", 404, StatusCode.InvalidArgument, $"pubsub {pubsub} is not found");

    public static DaprFault TopicEmpty(string pubsub) => new("ERR_TOPIC_NAME_EMPTY", 404, StatusCode.InvalidArgument, $"topic is empty in pubsub {pubsub}");

    public static DaprFault PubSubForbidden(string topic, string appId) => new("ERR_PUBSUB_FORBIDDEN", 403, StatusCode.PermissionDenied, $"topic {topic} is not allowed for app id {appId}");

    public static DaprFault PubSubMetadata(string why) => new("ERR_PUBSUB_REQUEST_METADATA", 400, StatusCode.InvalidArgument, why);

    public static DaprFault PubSubEventSerialization(string why) => new("ERR_PUBSUB_EVENTS_SER", 400, StatusCode.InvalidArgument, $"error when unmarshaling the request: {why}");

    public static DaprFault PubSubEnvelope(string why) => new("ERR_PUBSUB_CLOUD_EVENTS_SER", 500, StatusCode.InvalidArgument, $"cannot create cloudevent: {why}");

    public static DaprFault PublishFailed(string pubsub, string topic, string why) => new("ERR_PUBSUB_PUBLISH_MESSAGE", 500, StatusCode.Internal, $"error when publishing to topic {topic} in pubsub {pubsub}: {why}");

    public static DaprFault BindingFailed(string name, string why) => new("ERR_INVOKE_OUTPUT_BINDING", 500, StatusCode.Internal, $"error invoking output binding {name}: {why}");

    public static DaprFault SecretStoreNotConfigured() => new("ERR_SECRET_STORES_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, "no secret store is configured for this app");

    public static DaprFault SecretStoreNotFound(string store) => new("ERR_SECRET_STORE_NOT_FOUND", 401, StatusCode.InvalidArgument, $"failed finding secret store with key {store}");

    public static DaprFault SecretForbidden(string store, string key) => new("ERR_PERMISSION_DENIED", 403, StatusCode.PermissionDenied, $"access denied by policy to get {key} from {store}");

    public static DaprFault SecretGet(string store, string key, string why) => new("ERR_SECRET_GET", 500, StatusCode.Internal, $"failed getting secret with key {key} from secret store {store}: {why}");

    public static DaprFault SecretGetAll(string store, string why) => new("ERR_SECRET_GET", 500, StatusCode.Internal, $"failed getting secrets from secret store {store}: {why}");

    public static DaprFault InvokeUnreachable(string appId, string why) => new("ERR_DIRECT_INVOKE", 500, StatusCode.Internal, $"fail to invoke, id: {appId}, err: {why}");

    public static DaprFault InvokeNoAppId() => new("ERR_DIRECT_INVOKE", 404, StatusCode.InvalidArgument, "failed getting app id either from the URL path or the header dapr-app-id");

    /// <summary>Answers an HTTP request with a refusal: <c>{"errorCode", "message"}</c>, and <c>"details"</c> where there are any.</summary>
    public static async Task WriteAsync(HttpContext context, DaprFault fault)
    {
        context.Response.StatusCode = fault.HttpStatus;
        context.Response.ContentType = "application/json";
        await using Utf8JsonWriter writer = new(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("errorCode", fault.ErrorCode);
        writer.WriteString("message", fault.Status.Detail);
        if (fault.Details.Count > 0)
        {
            writer.WriteStartArray("details");
            foreach (Any detail in fault.Details) writer.WriteRawValue(Details.Format(detail));
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }
}
