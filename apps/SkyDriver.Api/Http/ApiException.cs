namespace SkyDriver.Api.Http;

/// <summary>Ends a request with a status and a reason that the caller may read.</summary>
/// <param name="reason">ASCII; never a value that was submitted, as bodies hold tokens.</param>
public sealed class ApiException(int status, string reason) : Exception(reason)
{
    public int Status { get; } = status;

    /// <summary>More members for the answer; only errors of the fleet have any.</summary>
    public IReadOnlyDictionary<string, object?> Details { get; init; } = new Dictionary<string, object?>();

    public static ApiException NotFound(string what) => new(StatusCodes.Status404NotFound, what);

    public static ApiException Invalid(IEnumerable<string> faults) => new(StatusCodes.Status400BadRequest, string.Join("; ", faults));
}
