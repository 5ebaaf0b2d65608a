using Grpc.Core;

namespace SkyDriver.Sidecar.Resiliency;

/// <summary>What one attempt came to. Only failures are tried again, and count for a circuit breaker.</summary>
internal readonly record struct Verdict
{
    private const int NoCode = -1;

    private Verdict(bool isFailure, int httpStatus, int grpcStatus) => (IsFailure, HttpStatus, GrpcStatus) = (isFailure, httpStatus, grpcStatus);

    /// <summary>Done; also where the one asked did answer, but not with what was hoped for, such as an ETag that does not match.</summary>
    public static Verdict Success => default;

    /// <summary>A failure without a status: no connection, no answer in time.</summary>
    public static Verdict Failure { get; } = new(true, NoCode, NoCode);

    public bool IsFailure { get; }

    private int HttpStatus { get; }

    private int GrpcStatus { get; }

    /// <summary>Below 200 and from 400 on is a failure.</summary>
    public static Verdict Http(int status) => status is >= 200 and < 400 ? Success : HttpFailure(status);

    /// <summary>A failure whatever the status, where less than usual counts as done.</summary>
    public static Verdict HttpFailure(int status) => new(true, status, NoCode);

    public static Verdict Grpc(StatusCode status) => status is StatusCode.OK ? Success : new(true, NoCode, (int)status);

    /// <summary>What an exception says when nobody knows better: refusals that another try would meet again are no failures.</summary>
    public static Verdict Of(Exception fault) => fault is not RpcException { StatusCode: var status } ? Failure : status switch
    {
        StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.AlreadyExists or StatusCode.PermissionDenied or StatusCode.FailedPrecondition
            or StatusCode.Aborted or StatusCode.OutOfRange or StatusCode.Unimplemented or StatusCode.Unauthenticated => Success,
        _ => Grpc(status),
    };

    /// <summary>Whether the lists of a retry policy cover this failure; without a list for its kind of status, or without a status, they do.</summary>
    public bool IsIn(StatusRanges? http, StatusRanges? grpc) =>
        HttpStatus != NoCode ? http?.Contains(HttpStatus) ?? true : GrpcStatus == NoCode || (grpc?.Contains(GrpcStatus) ?? true);
}
