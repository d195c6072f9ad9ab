package network.guts.sync.model;

/** A ref as a delegate signs it: a full name and the object that it names. */
public record Ref(String name, ObjectId target) {}
