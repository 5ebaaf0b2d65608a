namespace SkyDriver.Components;

/// <summary>Why a component did not do what it was asked; decides what the caller of the Dapr API sees.</summary>
public enum ComponentFault
{
    /// <summary>The fault is the component's.</summary>
    Internal,

    /// <summary>The request, or the properties of the component, are wrong.</summary>
    InvalidRequest,

    /// <summary>What was asked for is not there.</summary>
    NotFound,

    /// <summary>What was to be made is there already.</summary>
    AlreadyExists,

    /// <summary>The component, or what it works on, is in no state to do it; the same request does not help.</summary>
    FailedPrecondition,

    /// <summary>The caller may not do it.</summary>
    PermissionDenied,

    /// <summary>A limit is reached; the same request may work later.</summary>
    ResourceExhausted,

    /// <summary>What the component needs cannot be reached now; the same request may work later.</summary>
    Unavailable,

    /// <summary>The component has no such operation.</summary>
    NotSupported,
}

/// <summary>A fault that a component tells its caller.</summary>
public class ComponentException : Exception
{
    public ComponentException(ComponentFault fault, string message, Exception? cause = null)
        : base(message, cause) => Fault = fault;

    public ComponentFault Fault { get; }
}

/// <summary>The stored value is not the one whose ETag was given; the caller must read it again. Dapr answers 409 or ABORTED.</summary>
public sealed class ETagMismatchException(string message) : ComponentException(ComponentFault.FailedPrecondition, message);

/// <summary>The ETag is no text that this store could have made. Dapr answers 400 or INVALID_ARGUMENT.</summary>
public sealed class InvalidETagException(string message) : ComponentException(ComponentFault.InvalidRequest, message);

/// <summary>A bulk delete found fewer rows than it was to delete.</summary>
public sealed class BulkDeleteMismatchException(long expected, long affected)
    : ComponentException(ComponentFault.Internal, $"{affected} of {expected} rows were deleted")
{
    /// <summary>Rows to delete.</summary>
    public long Expected { get; } = expected;

    /// <summary>Rows that were deleted.</summary>
    public long Affected { get; } = affected;
}

/// <summary>A fault that decides by itself which HTTP status and which error code an app sees.</summary>
/// <param name="httpStatus">400 to 599.</param>
/// <param name="errorCode">Such as <c>ERR_STATE_STORE_QUOTA</c>; becomes <c>errorCode</c> of the answer.</param>
/// <param name="fault">Decides the gRPC status.</param>
public sealed class DaprErrorException(int httpStatus, string errorCode, ComponentFault fault, string message) : ComponentException(fault, message)
{
    /// <summary>Status of the HTTP answer.</summary>
    public int HttpStatus { get; } = httpStatus is >= 400 and <= 599
        ? httpStatus
        : throw new ArgumentOutOfRangeException(nameof(httpStatus), httpStatus, "An error has an HTTP status from 400 to 599.");

    /// <summary>As in the HTTP answer.</summary>
    public string ErrorCode { get; } = errorCode;
}
