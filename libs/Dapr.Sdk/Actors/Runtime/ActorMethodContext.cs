namespace Dapr.Actors.Runtime;

/// <summary>What started a turn.</summary>
public enum ActorCallType
{
    ActorInterfaceMethod = 0,
    TimerMethod = 1,
    ReminderMethod = 2,
}

/// <summary>The turn an actor is in.</summary>
public struct ActorMethodContext
{
    internal ActorMethodContext(string methodName, ActorCallType callType) => (MethodName, CallType) = (methodName, callType);

    /// <summary>Method name, timer callback, or reminder name.</summary>
    public string MethodName { get; }

    public ActorCallType CallType { get; }
}
