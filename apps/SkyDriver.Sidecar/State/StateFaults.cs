using System.Globalization;
using Grpc.Core;
using SkyDriver.Grpc.Protos.Rpc;
using SkyDriver.Sidecar.Hosting;

namespace SkyDriver.Sidecar.State;

/// <summary>The refusals of the state API.</summary>
internal static class StateFaults
{
    public static DaprFault NotConfigured(string store, string appId) => new(
        "ERR_STATE_STORE_NOT_CONFIGURED", 500, StatusCode.FailedPrecondition, $"state store {store} is not configured: the app has none; check the components and their scopes",
        DaprFault.Info("DAPR_STATE_NOT_CONFIGURED", ("appID", appId)));

    public static DaprFault NotFound(string store, string appId) => new(
        "ERR_STATE_STORE_NOT_FOUND", 400, StatusCode.InvalidArgument, $"state store {store} is not found", DaprFault.Info("DAPR_STATE_NOT_FOUND", ("appID", appId)));

    public static DaprFault IllegalKey(string key, string why) => new(
        "ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, $"input key/keyPrefix '{key}' {why}", DaprFault.Info("DAPR_STATE_ILLEGAL_KEY"), Violation(key, why));

    public static DaprFault IllegalOption(string option, string value, string known) => new(
        "ERR_MALFORMED_REQUEST", 400, StatusCode.InvalidArgument, $"{option} is '{value}'; use {known}", Violation(option, $"use {known}"));

    public static DaprFault Get(string store, string key, string why) =>
        new("ERR_STATE_GET", 500, StatusCode.Internal, $"fail to get {key} from state store {store}: {why}");

    /// <summary>A change that failed by itself, outside of a transaction.</summary>
    public static DaprFault Change(string store, StateOperationKind kind, Exception fault)
    {
        (int http, StatusCode grpc) = fault switch
        {
            ETagMismatchException => (409, StatusCode.Aborted),
            ETagMalformedException => (400, StatusCode.InvalidArgument),
            _ => (500, StatusCode.Internal),
        };
        return kind is StateOperationKind.Upsert
            ? new("ERR_STATE_SAVE", http, grpc, $"failed saving state in state store {store}: {fault.Message}")
            : new("ERR_STATE_DELETE", http, grpc, $"failed deleting state in state store {store}: {fault.Message}");
    }

    /// <summary>A value's metadata cannot be read.</summary>
    public static DaprFault Metadata(string store, string why) =>
        new("ERR_STATE_SAVE", 400, StatusCode.InvalidArgument, $"failed saving state in state store {store}: {why}");

    public static DaprFault Transaction(string store, string why) =>
        new("ERR_STATE_TRANSACTION", 500, StatusCode.Internal, $"error while executing state transaction in state store {store}: {why}");

    public static DaprFault NotTransactional(string store) => new(
        "ERR_STATE_STORE_NOT_SUPPORTED", 500, StatusCode.Unimplemented, $"state store {store} doesn't support transactions", DaprFault.Info("DAPR_STATE_TRANSACTIONS_NOT_SUPPORTED"));

    public static DaprFault TooManyOperations(int count, int most) => new(
        "ERR_STATE_STORE_TOO_MANY_TRANSACTIONS", 400, StatusCode.InvalidArgument, $"the transaction contains {count} operations, which is more than what the state store supports: {most}",
        DaprFault.Info("DAPR_STATE_TOO_MANY_TRANSACTIONS", ("currentOpsTransaction", Text(count)), ("maxOpsPerTransaction", Text(most))));

    public static DaprFault UnknownOperation(string operation) =>
        new("ERR_NOT_SUPPORTED_STATE_OPERATION", 400, StatusCode.Unimplemented, $"operation type {operation} not supported; use upsert or delete");

    private static BadRequest Violation(string field, string why) => new() { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = why } } };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
