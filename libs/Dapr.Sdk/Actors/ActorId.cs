namespace Dapr.Actors;

/// <summary>Names one actor of a type.</summary>
public class ActorId : IComparable<ActorId>, IEquatable<ActorId>
{
    private readonly string _id;

    public ActorId(string id)
    {
        if (string.IsNullOrWhiteSpace(id)) throw new ArgumentException("An actor id cannot be empty or blank.", nameof(id));
        _id = id;
    }

    public static bool operator ==(ActorId? x, ActorId? y) => Equals(x, y);

    public static bool operator !=(ActorId? x, ActorId? y) => !Equals(x, y);

    /// <summary>An id that no other actor has.</summary>
    public static ActorId CreateRandom() => new(Guid.NewGuid().ToString("N"));

    public string GetId() => _id;

    public override string ToString() => _id;

    public override int GetHashCode() => _id.GetHashCode(StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as ActorId);

    public bool Equals(ActorId? other) => other is not null && string.Equals(_id, other._id, StringComparison.Ordinal);

    public int CompareTo(ActorId? other) => other is null ? 1 : string.CompareOrdinal(_id, other._id);
}
