namespace Dapr.Client;

/// <summary>A service invocation that failed.</summary>
public class InvocationException : DaprException
{
    public InvocationException(string appId, string methodName, Exception innerException, HttpResponseMessage? response)
        : base(Text(appId, methodName), innerException) =>
        (AppId, MethodName, Response) = (appId, methodName, response);

    /// <summary>The app that was called.</summary>
    public string AppId { get; }

    public string MethodName { get; }

    /// <summary>The answer, if there was one.</summary>
    public HttpResponseMessage? Response { get; }

    private static string Text(string appId, string methodName) =>
        $"The call of method '{methodName}' on app '{appId}' failed; see the inner exception.";
}
